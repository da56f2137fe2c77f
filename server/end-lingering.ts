export type Lingering = { limitMs: number; resources(): string[]; write(line: string): void; exit(): void };

/**
 * Once everything has stopped nothing should hold the process; what does all the same, a connection to a database that went away say, holds it no longer than `limitMs`.
 * It is named on `write`, since something forgot to close it. The timer itself holds nothing.
 */
export function endLingering({ limitMs, resources, write, exit }: Lingering): NodeJS.Timeout {
  const timer = setTimeout(() => {
    write(`Still open after the stop: ${[...new Set(resources())].join(", ")}. Ended all the same.\n`);
    exit();
  }, limitMs);
  return timer.unref();
}
