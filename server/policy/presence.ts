// Owns when a node is online, connecting, late or lost. Pure: time comes in.
//
// Silence alone may be the network's: it takes LOST_AFTER_MS to count. A node whose own system closed its connection to the console, and at whose data port all who dial
// it are told that nobody listens, is gone: two of its ways say so independently, and an agent that was only started anew is back within GONE_AFTER_MS.

/** "connecting": no connection to this console process now, and not for long enough to worry. */
export type Presence = "online" | "connecting" | "late" | "lost";

/** Agents report at 1 Hz: a few missed reports are worth showing. */
export const LATE_AFTER_MS = 5_000;
/** A restarted agent is back within this; later, its stages count as gone. */
export const LOST_AFTER_MS = 15_000;
/** An agent that a supervisor starts again listens within some three seconds on a slow machine. */
export const GONE_AFTER_MS = 5_000;
/** After a start of the console: agents wait up to 15 s between two attempts (agents/control-link.ts), and need a moment to connect. */
export const FIRST_CONTACT_MS = 20_000;

/**
 * `heard`: it has connected since this console process started. `silentMs`: since its last sign of life, or since the console's start when that is later.
 * `goneMs`: since its side closed its connection, where all who dial its data port are refused; null = no such evidence.
 */
export function presenceOf(node: { connected: boolean; heard: boolean; silentMs: number; goneMs: number | null }): Presence {
  if (!node.connected && node.goneMs !== null && node.goneMs >= GONE_AFTER_MS) return "lost";
  if (!node.heard) return node.silentMs >= FIRST_CONTACT_MS ? "lost" : "connecting";
  if (node.silentMs >= LOST_AFTER_MS) return "lost";
  if (node.silentMs >= LATE_AFTER_MS) return "late";
  return node.connected ? "online" : "connecting";
}

/** Milliseconds until silence alone makes it something else; Infinity = nothing does. `leftMs`: since its side closed its connection, null = it did not. */
export function presenceDueInMs({ silentMs, leftMs }: { silentMs: number; leftMs: number | null }): number {
  const left = [LATE_AFTER_MS - silentMs, LOST_AFTER_MS - silentMs, ...(leftMs === null ? [] : [GONE_AFTER_MS - leftMs])].filter((ms) => ms > 0);
  return left.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...left);
}
