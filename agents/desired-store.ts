// Owns the desired state on disk: written whole and atomically before it is acknowledged, read at start so that this node works without its console.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Desired } from "./protocol/control.ts";
import { writeAtomic } from "./write-atomic.ts";

/** What a node that was never told anything is to do. */
export const NOTHING_DESIRED: Desired = { version: 0, nodeId: "", assignments: [], ingress: [], peers: [], measurements: [] };

const pathOf = (dataFolder: string) => join(dataFolder, "desired.json");

/** An unreadable file counts as none: the console sends the whole state again, since the cursor is then 0. */
export async function loadDesired(dataFolder: string, nodeId: string): Promise<Desired> {
  try {
    const desired: unknown = JSON.parse(await readFile(pathOf(dataFolder), "utf8"));
    return isDesired(desired) && desired.nodeId === nodeId ? desired : NOTHING_DESIRED;
  } catch {
    return NOTHING_DESIRED;
  }
}

export async function saveDesired(dataFolder: string, desired: Desired): Promise<void> {
  await writeAtomic(pathOf(dataFolder), JSON.stringify(desired));
}

/** The outer shape; what is inside comes from an authenticated console of the same control version. */
export function isDesired(value: unknown): value is Desired {
  const desired = value as Partial<Desired> | null;
  return typeof desired === "object" && desired !== null && Number.isSafeInteger(desired.version) && typeof desired.nodeId === "string"
    && [desired.assignments, desired.ingress, desired.peers, desired.measurements].every(Array.isArray);
}
