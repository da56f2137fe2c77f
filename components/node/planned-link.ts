// Owns what plans that run count with for a link between two nodes. Pure.
import type { Estimate } from "../../server/planner/plan.ts";

/** A plan's hops, and which machine stands behind each node of its drawing. */
export type PlanOnDrawing = { hops: Estimate["hops"]; nodeIdOf: (topologyNodeId: string) => string | null | undefined };
export type PlannedLink = { /** There and back. */ roundTripMs: number; /** Null where no frame is large enough to tell. */ bandwidthBytesPerSecond: number | null };

/** Of the first plan whose frames take this link in either direction; null when none does. */
export function plannedLink(plans: readonly PlanOnDrawing[], fromNodeId: string, toNodeId: string): PlannedLink | null {
  for (const { hops, nodeIdOf } of plans) {
    const between = (from: string, to: string) => hops.find((hop) => hop.kind !== "local" && nodeIdOf(hop.fromTopologyNodeId) === from && nodeIdOf(hop.toTopologyNodeId) === to);
    const [there, back] = [between(fromNodeId, toNodeId), between(toNodeId, fromNodeId)];
    const hop = there ?? back;
    if (!hop) continue;
    return { roundTripMs: (there ?? hop).latencyMs + (back ?? hop).latencyMs, bandwidthBytesPerSecond: there && there.transferMs > 0 && there.bytes > 0 ? (there.bytes / there.transferMs) * 1000 : null };
  }
  return null;
}
