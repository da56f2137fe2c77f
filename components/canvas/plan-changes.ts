// Owns what a draft changes for each node, as its card shows it: what it must fetch and hold. Pure.
import type { PlanDiff } from "../../server/planner/plan.ts";

export type NodeChange = { shipBytes: number; beforeBytes: number; peakBytes: number; afterBytes: number; limitBytes: number | null };

/** By topology node; only those that something changes for. */
export function nodeChanges(diff: PlanDiff): Map<string, NodeChange> {
  const changes = new Map<string, NodeChange>();
  for (const { topologyNodeId, ...memory } of diff.memory) {
    const shipBytes = diff.stages.reduce((sum, stage) => sum + (stage.toTopologyNodeId === topologyNodeId ? stage.shipBytes : 0), 0);
    const isTouched = diff.stages.some((stage) => stage.change !== "keep" && (stage.toTopologyNodeId === topologyNodeId || stage.fromTopologyNodeId === topologyNodeId));
    if (isTouched || memory.beforeBytes !== memory.afterBytes) changes.set(topologyNodeId, { shipBytes, ...memory });
  }
  return changes;
}
