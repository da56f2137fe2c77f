// Owns how long stages were seen to take to load, by node: of those that run and of the last that ran, so that a node that was left is known too. In memory.
import type { ObservedAssignment } from "../../agents/protocol/control.ts";
import type { SeenLoad } from "../planner/load-time.ts";
import type { LiveFleet, LiveNode } from "./live-fleet.ts";

/** Of a node, the newest. */
const MAX_KEPT = 16;

export function learnLoads({ nodeId, loads }: Pick<LiveNode, "nodeId" | "loads">, assignments: readonly ObservedAssignment[]): void {
  for (const { assignmentId, loadMs, warmMs, bytesTotal } of assignments) {
    if (loadMs === null || warmMs === null) continue;
    const known = loads.get(assignmentId);
    if (known?.loadMs === loadMs && known.warmMs === warmMs && known.bytes === bytesTotal) continue;
    loads.delete(assignmentId);
    loads.set(assignmentId, { nodeId, bytes: bytesTotal, loadMs, warmMs });
    for (const oldest of [...loads.keys()].slice(0, Math.max(0, loads.size - MAX_KEPT))) loads.delete(oldest);
  }
}

export const seenLoads = ({ nodes }: Pick<LiveFleet, "nodes">): SeenLoad[] => [...nodes.values()].flatMap(({ loads }) => [...loads.values()]);
