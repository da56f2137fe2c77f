// Owns how much of the machine's cores nobody used over a while, as Linux tells it.
import { readFileSync } from "node:fs";

type Ticks = { idle: number; all: number };

/** @returns a function that gives the idle share of all cores since this call, 0 to 1; null where the system does not tell */
export function watchIdle(): () => number | null {
  const before = read();
  return () => {
    const now = read();
    return before && now && now.all > before.all ? (now.idle - before.idle) / (now.all - before.all) : null;
  };
}

/** The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal (proc(5)). */
function read(): Ticks | null {
  try {
    const ticks = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").trim().split(/\s+/).slice(1, 9).map(Number);
    return { idle: (ticks[3] ?? 0) + (ticks[4] ?? 0), all: ticks.reduce((sum, value) => sum + value, 0) };
  } catch {
    return null;
  }
}
