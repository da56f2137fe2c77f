// Owns the processor time a process and all its threads have had, as Linux tells it.
import { readdirSync, readFileSync } from "node:fs";

/** Microseconds; null where the system does not tell. */
export function processCpuUs(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1000, 0);
  } catch {
    return null;
  }
}
