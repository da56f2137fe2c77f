// Owns what a draft changes, as the canvas draws it: which layers go from where to where, and what each node must fetch and hold. Pure.
import type { LayerRange } from "../../server/model/model.ts";
import type { Placement, PlanDiff } from "../../server/planner/plan.ts";

/** Layers that leave one node for another, all ranges of that pair together. `shipBytes`: their weights. */
export type LayerMove = { fromId: string; toId: string; ranges: LayerRange[]; shipBytes: number };
export type NodeChange = { shipBytes: number; beforeBytes: number; peakBytes: number; afterBytes: number; limitBytes: number | null };

/** Layer by layer, so that a new cut is told apart from a move: only layers whose node changes move. */
export function layerMoves(before: Placement, after: Placement, layerWeightBytes: readonly number[]): LayerMove[] {
  const moves = new Map<string, LayerMove>();
  for (const old of before) {
    for (const now of after) {
      const range = { from: Math.max(old.from, now.from), to: Math.min(old.to, now.to) };
      if (range.from >= range.to || old.topologyNodeId === now.topologyNodeId) continue;
      const key = `${old.topologyNodeId}>${now.topologyNodeId}`;
      const move = moves.get(key) ?? { fromId: old.topologyNodeId, toId: now.topologyNodeId, ranges: [], shipBytes: 0 };
      const last = move.ranges.at(-1);
      if (last && last.to === range.from) move.ranges[move.ranges.length - 1] = { from: last.from, to: range.to };
      else move.ranges.push(range);
      for (let layer = range.from; layer < range.to; layer++) move.shipBytes += layerWeightBytes[layer] ?? 0;
      moves.set(key, move);
    }
  }
  return [...moves.values()];
}

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
