/**
 * A terminal that was closed, or a reader of a pipe that ended, takes only the output with it. Unheard, the broken pipe would be an uncaught exception, whose report breaks the pipe again,
 * without end: the log file is still written.
 */
export function outliveOutput(streams: readonly NodeJS.EventEmitter[]): void {
  for (const stream of streams) stream.on("error", () => undefined);
}
