// Owns when what a stage's process holds is remembered. Pure: records and what is seen now → records, or null where nothing is new.
import type { SessionOptions } from "../../agents/protocol/control.ts";

/** The most that the process of a stage with layers [from, to) was seen to hold while it served. */
export type ResidentRecord = { deviceClass: string; session: SessionOptions; agentVersion: string; ortVersion: string; from: number; to: number; bytes: number; measuredAtMs: number };

/** Smaller growth is noise, and each change is a write. */
const GROWTH = 1.02;
/** What was seen longer ago gives way to what is seen now, also to less. */
const REFRESH_MS = 24 * 3_600_000;
/** Of one model: some dozen ranges in a few modes on a few kinds of machine. The oldest go. */
export const MAX_RECORDS = 256;

export function takeResident(known: readonly ResidentRecord[], seen: readonly ResidentRecord[], nowMs: number): ResidentRecord[] | null {
  const records = new Map(known.map((record) => [keyOf(record), record]));
  let changed = false;
  for (const record of seen) {
    const before = records.get(keyOf(record));
    if (before && record.bytes <= before.bytes * GROWTH && nowMs - before.measuredAtMs < REFRESH_MS) continue;
    records.delete(keyOf(record));
    records.set(keyOf(record), record);
    changed = true;
  }
  return changed ? [...records.values()].sort((a, b) => a.measuredAtMs - b.measuredAtMs).slice(-MAX_RECORDS) : null;
}

function keyOf({ deviceClass, session, agentVersion, ortVersion, from, to }: ResidentRecord): string {
  return [deviceClass, session.intraOpThreads, session.optimization, session.provider, agentVersion, ortVersion, from, to].join("|");
}
