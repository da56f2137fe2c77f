import type { SearchRequest } from "../search/solver.ts";
import { additiveCosts, hopCost, LATENCY_WEIGHTS } from "../search/additive-costs.ts";
import { type Baseline, defineBaseline, type Trial } from "./define-baseline.ts";
import { layerWalk, type Walk, type WalkNode } from "./layer-walk.ts";
import { plainNodes } from "./plain-nodes.ts";
import { hopCosts, type StepCost, stepCost } from "./step-cost.ts";

const SOURCE = "Zhang et al., EdgeShard, IoT-J 2025 (arXiv 2405.14371)";

/** EdgeShard's programme for latency: DP(i, j) = min over k of DP(i − 1, k) + compute(i, j) + transfer(i − 1, k, j), first layer on the source, answer back to it; each state carries one vector of memory used. */
export const edgeShardLatency: Baseline = defineBaseline({
  name: "edge-shard-latency/1",
  label: "EdgeShard (latency)",
  source: `${SOURCE}, Algorithm 1.`,
  rule: (trial) => place(trial, walkFor(trial, "sum")),
});

/**
 * EdgeShard's programme for throughput. The paper keeps the set of nodes used in the state, 2^m of them; here each state keeps one vector of loads instead, which any m can run. The first layer is on the
 * source, the value of a state the busiest node or link so far.
 */
export const edgeShardThroughput: Baseline = defineBaseline({
  name: "edge-shard-throughput/1",
  label: "EdgeShard (throughput)",
  source: `${SOURCE}, Algorithm 2, with one vector of loads a state for its sets of nodes.`,
  rule: (trial) => place(trial, walkFor(trial, "max")),
});

function place(trial: Trial, walk: Walk): string | null {
  const segments = layerWalk(walk);
  if (!segments) return trial.stopped() ? null : "From the source, whose memory must hold the first layer, its programme finds no way that keeps within memory and trust.";
  const nodes = plainNodes(trial.request.instance);
  trial.score(segments.map(({ node, from, to }) => ({ processor: nodes[node]!.index, from, to })));
  return null;
}

function walkFor(trial: Trial, join: "sum" | "max"): Walk {
  const { instance } = trial.request;
  const { nodes, hop, hops } = join === "sum" ? sumTables(trial.request) : maxTables(trial.request);
  const sink = instance.sink < 0 ? instance.source : instance.sink;
  return {
    instance, from: 0, to: instance.layerCount, nodes, hops, join,
    begin: (node) => (instance.source < 0 ? 0 : node.place === instance.source ? hop(instance.source, node.place, 0) : Number.POSITIVE_INFINITY),
    // Without a fixed source the answer goes to where the model began; the state does not know it, so that hop is left to the judge.
    end: (node) => (sink < 0 ? 0 : hop(node.place, sink, instance.layerCount)),
    oncePerNode: instance.limits.oncePerNode,
    stopped: trial.stopped,
  };
}

type WalkTables = Pick<Walk, "nodes" | "hops"> & Pick<StepCost, "hop">;

function sumTables(request: SearchRequest): WalkTables {
  const { instance, objective } = request;
  const costs = additiveCosts(instance, objective.kind === "additive" ? objective.weights : LATENCY_WEIGHTS, request.moving);
  return {
    nodes: plainNodes(instance).map(({ node, place, index, processor, freeBytes }): WalkNode => ({ node, place, unit: processor.unit, fixed: costs.fixed[index]!, upTo: costs.upTo[index]!, before: costs.before[index]!, memory: processor, freeBytes })),
    hop: (from, to, at) => hopCost(instance, costs, from, to, at),
    hops: hopCosts(costs),
  };
}

function maxTables({ instance }: SearchRequest): WalkTables {
  const steps = stepCost({ instance, objective: { kind: "bottleneck" } });
  return {
    nodes: plainNodes(instance).map(({ node, place, processor, freeBytes }): WalkNode => ({ node, place, unit: processor.unit, fixed: processor.stageMs / processor.streams, upTo: processor.upToMs.map((ms) => ms / processor.streams), before: processor.beforeMs.map((ms) => ms / processor.streams), memory: processor, freeBytes })),
    hop: steps.hop,
    hops: steps.hops,
  };
}
