// Owns what a jump of the console's own clock does to what it waits for: nothing. A machine that slept, or was set by hours, has heard nobody meanwhile; that is not the nodes' silence.
// What is counted from rows goes on by `jumpedMs` (steady-since.ts). What remains on the clock as it is: rows that are told or kept for days, and history, whose times are those of then.
import type { LiveFleet } from "./live-fleet.ts";
import { shiftSamples } from "./sample-ring.ts";

/** Moves all that silence and freshness are counted from along with the clock. @param byMs how much later it reads now */
export function forgiveSilence(fleet: LiveFleet, byMs: number): void {
  fleet.startedAtMs += byMs;
  fleet.jumpedMs += byMs;
  for (const live of fleet.nodes.values()) {
    live.lastSeenAtMs += byMs;
    if (live.leftAtMs !== null) live.leftAtMs += byMs;
    if (live.sampleAtMs > 0) live.sampleAtMs += byMs;
    shiftSamples(live.ring, byMs);
  }
  for (const ring of fleet.deploymentRings.values()) shiftSamples(ring, byMs);
  // A probe of before the jump must not count as newer than those to come.
  for (const [key, link] of fleet.links) if (link.measuredAt !== "") fleet.links.set(key, { ...link, measuredAt: new Date(Date.parse(link.measuredAt) + byMs).toISOString() });
}
