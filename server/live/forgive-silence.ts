// Owns what a jump of the console's own clock does to what it waits for: nothing. A machine that slept, or was set by hours, has heard nobody meanwhile; that is not the nodes' silence.
import type { LiveFleet } from "./live-fleet.ts";

/** Moves all that silence and freshness are counted from along with the clock. @param byMs how much later it reads now */
export function forgiveSilence(fleet: LiveFleet, byMs: number): void {
  fleet.startedAtMs += byMs;
  for (const live of fleet.nodes.values()) {
    live.lastSeenAtMs += byMs;
    if (live.leftAtMs !== null) live.leftAtMs += byMs;
    if (live.sampleAtMs > 0) live.sampleAtMs += byMs;
  }
}
