// Owns which windows of figures are still to be written. Pure. A pass of the loop comes later than its interval each time, so that now and then
// two windows have ended since the last one.
import { WINDOW_MS } from "./sample-ring.ts";

/** A minute, after a database was away: stages and links have no past here, and what they are now must not stand for longer ago. */
export const WINDOWS_BACK_MAX = 6;

/** Starts of the windows that have ended by `nowMs` and came after `writtenMs`, oldest first; without one, the newest. All in milliseconds. */
export function dueWindows(nowMs: number, writtenMs: number | null): number[] {
  const newestMs = Math.floor(nowMs / WINDOW_MS) * WINDOW_MS - WINDOW_MS;
  const count = writtenMs === null ? 1 : Math.min(WINDOWS_BACK_MAX, Math.max(0, (newestMs - writtenMs) / WINDOW_MS));
  return Array.from({ length: count }, (_, index) => newestMs - (count - 1 - index) * WINDOW_MS);
}
