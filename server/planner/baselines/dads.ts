import type { Instance } from "../instance.ts";
import { defineBaseline } from "./define-baseline.ts";
import { type CutEdge, minCut } from "./min-cut.ts";
import { latencySteps } from "./step-cost.ts";
import { type Pair, pairsOf, twoStages } from "./two-way.ts";

/**
 * DADS at light load: a least s–t cut between "runs at the edge" and "runs in the cloud". Each layer is a vertex; s → layer costs its time in the cloud, layer → t its time at the edge,
 * and a layer's output that must cross costs its transfer; the way back is never cut, so that nothing returns to the edge. Memory and trust are not in its graph: what it proposes may be
 * refused. The tables hold a chain of layers whose cuts already count every value once, so its graph is a chain here, and the least cut is the best two-way cut without those constraints.
 * At heavy load it is a 3-approximation for throughput that alternates two bounds; only the light-load cut is built, for every objective.
 */
export const dads = defineBaseline({
  name: "dads/1",
  label: "DADS (minimum cut)",
  source: "Hu et al., Dynamic Adaptive DNN Surgery, INFOCOM 2019, §IV (light load: min-cut).",
  rule: (trial) => {
    const { instance } = trial.request;
    const pairs = pairsOf(trial);
    if (pairs.length === 0) return "It cuts between the source and another node, and there are no such two.";
    for (const pair of pairs) {
      if (trial.stopped()) return null;
      trial.score(twoStages(pair, edgeLayers(instance, pair), instance.layerCount));
    }
    return null;
  },
});

/** How many layers the least cut keeps at the edge. Vertex 0 = s (edge), n + 1 = t (cloud), layers 1…n. */
function edgeLayers(instance: Instance, { local, remote }: Pair): number {
  const { layerCount } = instance;
  const steps = latencySteps(instance);
  const sink = instance.sink < 0 ? local.place : instance.sink;
  const cloud = layerCount + 1;
  // Layers' own times may be negative where a term is measured at cuts; a cut needs capacities ≥ 0.
  const layerMs = (processor: Pair["local"]["processor"], layer: number) => Math.max(0, processor.upToMs[layer + 1]! - processor.upToMs[layer]!);
  const edges: CutEdge[] = [];
  for (let layer = 0; layer < layerCount; layer++) {
    const vertex = layer + 1;
    const last = layer === layerCount - 1;
    edges.push({ from: 0, to: vertex, capacity: layerMs(remote.processor, layer) + (last ? steps.hop(remote.place, sink, layerCount) : 0) });
    edges.push({ from: vertex, to: cloud, capacity: layerMs(local.processor, layer) + (last ? steps.hop(local.place, sink, layerCount) : 0) });
    // Into layer 0 comes the request, which is at the edge.
    const crossing = instance.legal[layer] === 1 ? steps.hop(local.place, remote.place, layer) + remote.processor.stageMs : Number.POSITIVE_INFINITY;
    const before = layer === 0 ? 0 : vertex - 1;
    edges.push({ from: before, to: vertex, capacity: crossing });
    if (layer > 0) edges.push({ from: vertex, to: before, capacity: Number.POSITIVE_INFINITY });
  }
  const { onSourceSide } = minCut(layerCount + 2, edges, 0, cloud);
  let kept = 0;
  while (kept < layerCount && onSourceSide[kept + 1] === 1) kept++;
  return kept;
}
