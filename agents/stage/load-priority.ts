// Owns how loading makes room for what serves: a process that loads and warms gets the processor after those that answer requests, then its fair share again.
// Only where the system lets it have that back: else loading goes on as ever.
import { readdirSync, readFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";

/** Ten more is a tenth of the weight: beside a full processor loading takes long, but it comes to an end. */
const MORE_WHILE_LOADING = 10;
const MOST_NICENESS = 19;
/** CAP_SYS_NICE, capabilities(7): may lower its niceness whatever the limit. */
const CAP_SYS_NICE = 23n;
/** RLIMIT_NICE, getrlimit(2): niceness may be lowered to 20 minus this. */
const NICE_CEILING = 20;

export type SystemPriority = { niceness(): number; read(file: string): string; threads(): number[]; set(thread: number, niceness: number): void };
const SYSTEM: SystemPriority = {
  niceness: () => getPriority(),
  read: (file) => readFileSync(file, "utf8"),
  threads: () => readdirSync("/proc/self/task").map(Number),
  set: (thread, niceness) => setPriority(thread, niceness),
};

/** Call before loading; the result once ready. Never throws: a priority is no reason to fail. */
export function yieldWhileLoading(system: SystemPriority = SYSTEM): () => void {
  const before = system.niceness();
  if (!mayRise(system, before)) return () => undefined;
  setAll(system, Math.min(MOST_NICENESS, before + MORE_WHILE_LOADING));
  return () => setAll(system, before);
}

/** Linux keeps a niceness for each thread; new ones take their maker's. */
function setAll(system: SystemPriority, niceness: number): void {
  try {
    for (const thread of system.threads()) {
      try {
        system.set(thread, niceness);
      } catch {
        // It ended meanwhile.
      }
    }
  } catch {
    // No such list here.
  }
}

/** Whether a niceness that was raised may be lowered again, to what it was. False where it is not known, as on other systems than Linux. */
export function mayRise(system: Pick<SystemPriority, "read">, to: number): boolean {
  try {
    const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(system.read("/proc/self/status"))?.[1];
    if (capabilities && ((BigInt(`0x${capabilities}`) >> CAP_SYS_NICE) & 1n) === 1n) return true;
    const limit = /^Max nice priority\s+(\d+|unlimited)/m.exec(system.read("/proc/self/limits"))?.[1];
    return limit === "unlimited" || Number(limit) >= NICE_CEILING - to;
  } catch {
    return false;
  }
}
