// THE cost model: latency, throughput and memory of a placement. Search, checks, drift and the canvas all use this one, so they never disagree.
// L = ingress + Σ hops (latency + frame at both ends + bytes / the slower of bandwidth and handling) + Σ stages; T = the slowest node or link.
// A stage = Σ its layers + entry at its first cut + exit at its last + hand-over: additive, so that a search needs no table of intervals.
import { linkBusyMs } from "./path-links.ts";
import { modeOf } from "./node-modes.ts";
import type { Estimate, HopEstimate, Placement, StageEstimate } from "./plan.ts";
import { crossingBytes, freeBytes, type Problem, stageComputeMs } from "./problem.ts";
import { stageMemoryBytes } from "./stage-memory.ts";
import { runningCosts } from "./running-costs.ts";
import { SERVING_COSTS } from "./serving-costs.ts";

/** Raised whenever the figures below or the formula change; stored with every estimate. */
export const ESTIMATOR_VERSION = 3;
/** What every request pays at the ingress, milliseconds, the same for each placement. Its own process, so it is no part of a stage's or link's throughput. */
export function ingressMs(problem: Problem): number {
  return SERVING_COSTS.ingressMs + (problem.inputBytes + problem.outputBytes) * SERVING_COSTS.ingressMsPerByte;
}

/**
 * The time of a hop, milliseconds; null = no way there. A hop within one node is handed over locally. `latencyMs` has what a frame of no size costs,
 * on the way and at both ends; only `transferMs` takes the link's time from the next frame.
 * Frames go in chunks, so encrypting one overlaps with sending another: the slower of both counts. A measured bandwidth has both in it already.
 */
export function hopFigures(problem: Problem, fromIndex: number, toIndex: number, bytes: number): { latencyMs: number; transferMs: number; kind: HopEstimate["kind"] } | null {
  const handlingMs = bytes * SERVING_COSTS.handlingMsPerByte;
  const framesMs = (problem.nodes[fromIndex]?.frameMs ?? 0) + (problem.nodes[toIndex]?.frameMs ?? 0);
  if (fromIndex === toIndex) return { latencyMs: framesMs, transferMs: handlingMs, kind: "local" };
  const path = problem.paths[fromIndex]?.[toIndex];
  if (!path) return null;
  return { latencyMs: framesMs + path.latencyMs, transferMs: Math.max((bytes / path.bandwidthBytesPerSecond) * 1000, handlingMs), kind: path.kind };
}

/** How much the time of a hop varies, ms²; what nobody measured counts as steady. */
export function hopVarianceMs2(problem: Problem, fromIndex: number, toIndex: number): number {
  return fromIndex === toIndex ? 0 : (problem.paths[fromIndex]?.[toIndex]?.latencyVarianceMs2 ?? 0);
}

/** Null when the placement is not whole (see `checkPlacement` for the reasons): unknown nodes, gaps, no way between two stages. */
export function estimatePlacement(problem: Problem, placement: Placement): Estimate | null {
  const body = estimateChain(problem, placement);
  if (!body) return null;
  return { ...body, bestSingleNode: bestSingleNode(problem) };
}

function estimateChain(problem: Problem, placement: Placement): Omit<Estimate, "bestSingleNode"> | null {
  const indexOf = new Map(problem.nodes.map((node, index) => [node.topologyNodeId, index]));
  const nodeIndexes = placement.map((stage) => indexOf.get(stage.topologyNodeId) ?? -1);
  const first = nodeIndexes[0];
  if (first === undefined || nodeIndexes.includes(-1)) return null;
  const sourceIndex = problem.sourceIndex ?? first;
  const stages: StageEstimate[] = [];
  const hops: HopEstimate[] = [];
  let at = 0;
  let previous = sourceIndex;
  for (const [k, stage] of placement.entries()) {
    const index = nodeIndexes[k] ?? -1;
    const node = problem.nodes[index];
    const mode = node && modeOf(node, stage.session);
    if (!node || !mode || stage.from !== at || stage.to <= stage.from) return null;
    const hop = toHop(problem, previous, index, crossingBytes(problem, at));
    if (!hop) return null;
    hops.push(hop);
    stages.push({ from: stage.from, to: stage.to, topologyNodeId: stage.topologyNodeId, ...(stage.session ? { session: stage.session } : {}), computeMs: stageComputeMs(mode, stage.from, stage.to), handoverMs: node.handoverMs, kind: mode.kind, weightBytes: sum(problem.layerWeightBytes.slice(stage.from, stage.to)), memoryBytes: stageMemoryBytes(problem, stage.from, stage.to) });
    at = stage.to;
    previous = index;
  }
  const answer = toHop(problem, previous, sourceIndex, problem.outputBytes);
  if (at !== problem.layerCount || !answer) return null;
  hops.push(answer);
  const latencyMs = ingressMs(problem) + sum(hops.map((hop) => hop.latencyMs + hop.transferMs)) + sum(stages.map(stageTimeMs));
  const bottleneck = findBottleneck(problem, stages, hops);
  return {
    estimatorVersion: ESTIMATOR_VERSION,
    kind: kindOf([...stages.map((stage) => stage.kind), ...hops.filter((hop) => hop.kind !== "local").map((hop) => (hop.kind === "measured" ? "measured" : "estimated"))]),
    latencyMs,
    varianceMs2: sum(hops.map((hop) => hopVarianceMs2(problem, indexOf.get(hop.fromTopologyNodeId) ?? -1, indexOf.get(hop.toTopologyNodeId) ?? -1))),
    bottleneckMs: bottleneck.ms,
    throughputPerSecond: 1000 / bottleneck.ms,
    bottleneck: { kind: bottleneck.kind, index: bottleneck.index },
    stages,
    hops,
    memory: memoryByNode(problem, stages),
    costs: runningCosts(problem, stages, hops),
  };
}

function toHop(problem: Problem, fromIndex: number, toIndex: number, bytes: number): HopEstimate | null {
  const figures = hopFigures(problem, fromIndex, toIndex, bytes);
  const from = problem.nodes[fromIndex];
  const to = problem.nodes[toIndex];
  if (!figures || !from || !to) return null;
  return { fromTopologyNodeId: from.topologyNodeId, toTopologyNodeId: to.topologyNodeId, bytes, ...figures };
}

/** Stages that share a node share its time; hops that share a link share the link's. */
function findBottleneck(problem: Problem, stages: StageEstimate[], hops: HopEstimate[]): { kind: "stage" | "link"; index: number; ms: number } {
  let worst: { kind: "stage" | "link"; index: number; ms: number } = { kind: "stage", index: 0, ms: Number.MIN_VALUE };
  for (const [index, stage] of stages.entries()) {
    const ms = sum(stages.filter((other) => other.topologyNodeId === stage.topologyNodeId).map(stageTimeMs));
    if (ms > worst.ms) worst = { kind: "stage", index, ms };
  }
  for (const [index, ms] of linkBusyMs(problem, hops).entries()) if (ms > worst.ms) worst = { kind: "link", index, ms };
  return worst;
}

function memoryByNode(problem: Problem, stages: StageEstimate[]): Estimate["memory"] {
  return problem.nodes
    .map((node) => ({ topologyNodeId: node.topologyNodeId, usedBytes: sum(stages.filter((stage) => stage.topologyNodeId === node.topologyNodeId).map((stage) => stage.memoryBytes)), limitBytes: node.memoryLimitBytes }))
    .filter((entry) => entry.usedBytes > 0);
}

/** For honesty: would one node alone be faster than the cut? Only nodes whose memory holds the whole model count. */
function bestSingleNode(problem: Problem): Estimate["bestSingleNode"] {
  let best: Estimate["bestSingleNode"] = null;
  for (const node of problem.nodes) {
    if (!node.trusted || stageMemoryBytes(problem, 0, problem.layerCount) > freeBytes(node)) continue;
    for (const session of [undefined, ...(node.otherModes ?? []).map((mode) => mode.session)]) {
      const whole = estimateChain(problem, [{ from: 0, to: problem.layerCount, topologyNodeId: node.topologyNodeId, ...(session ? { session } : {}) }]);
      if (whole && (best === null || whole.latencyMs < best.latencyMs)) best = { topologyNodeId: node.topologyNodeId, latencyMs: whole.latencyMs, throughputPerSecond: whole.throughputPerSecond };
    }
  }
  return best;
}

function stageTimeMs(stage: StageEstimate): number {
  return stage.computeMs + (stage.handoverMs ?? 0);
}

function kindOf(kinds: ("estimated" | "measured")[]): Estimate["kind"] {
  if (kinds.every((kind) => kind === "measured")) return "measured";
  return kinds.every((kind) => kind === "estimated") ? "estimated" : "mixed";
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
