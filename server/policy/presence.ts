// Owns when a silent node is late, and when it is lost. Pure: time comes in.

export type Presence = "online" | "late" | "lost";

/** Agents report at 1 Hz: a few missed reports are worth showing. */
export const LATE_AFTER_MS = 5_000;
/** A restarted agent is back within this; later, its stages count as gone. */
export const LOST_AFTER_MS = 15_000;

/** `lastSeenMs` and `nowMs` are milliseconds since the epoch. */
export function presenceOf(lastSeenMs: number, nowMs: number): Presence {
  const silentMs = nowMs - lastSeenMs;
  if (silentMs >= LOST_AFTER_MS) return "lost";
  return silentMs >= LATE_AFTER_MS ? "late" : "online";
}
