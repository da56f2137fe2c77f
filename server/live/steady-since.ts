// Owns since when something stored has been so, on the console's clock as it goes now. A row keeps the time of when it was written; where the clock has jumped since, that is off by the
// jump, and what is counted from it would be over at once, or not for hours. So the moment is remembered, without the jumps, when this console sees the row first.
//
// What remains: where the clock jumped while no console ran, or two consoles' clocks are apart by minutes, a row's own time is all there is. One from the future counts from when it is seen first.
import type { LiveFleet } from "./live-fleet.ts";

/** `storedMs`: as the row has it: another one is another moment. `evenMs`: on the clock without its jumps. */
export type KnownSince = { storedMs: number; evenMs: number };

/** Milliseconds since the epoch, comparable with `nowMs`. @param key of what is so; bounded by the caller */
export function sinceOf(fleet: Pick<LiveFleet, "since" | "jumpedMs">, key: string, storedMs: number, nowMs: number): number {
  const known = fleet.since.get(key);
  const evenMs = known?.storedMs === storedMs ? known.evenMs : Math.min(storedMs, nowMs) - fleet.jumpedMs;
  fleet.since.set(key, { storedMs, evenMs });
  return evenMs + fleet.jumpedMs;
}
