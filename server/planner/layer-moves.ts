// Owns which layers go from one node to another between two placements. Told layer by layer, so that a new cut is not taken for a move.
import type { LayerMove, Placement } from "./plan.ts";

/** All ranges of one pair of nodes together, in the order of the layers; `shipBytes` are their weights. */
export function layerMoves(before: Placement, after: Placement, layerWeightBytes: readonly number[]): LayerMove[] {
  const moves = new Map<string, LayerMove>();
  for (const old of before) {
    for (const now of after) {
      const range = { from: Math.max(old.from, now.from), to: Math.min(old.to, now.to) };
      if (range.from >= range.to || old.topologyNodeId === now.topologyNodeId) continue;
      const key = `${old.topologyNodeId}>${now.topologyNodeId}`;
      const move = moves.get(key) ?? { fromTopologyNodeId: old.topologyNodeId, toTopologyNodeId: now.topologyNodeId, ranges: [], shipBytes: 0 };
      const last = move.ranges.at(-1);
      if (last && last.to === range.from) move.ranges[move.ranges.length - 1] = { from: last.from, to: range.to };
      else move.ranges.push(range);
      for (let layer = range.from; layer < range.to; layer++) move.shipBytes += layerWeightBytes[layer] ?? 0;
      moves.set(key, move);
    }
  }
  return [...moves.values()];
}
