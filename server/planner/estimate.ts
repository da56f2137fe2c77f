// THE cost model: latency, throughput and memory of a placement. Search, checks, drift and the canvas all use this one, so they never disagree.
// L = ingress + Σ hops (latency + bytes / the slower of bandwidth and handling) + Σ stages (compute + hand-over); T = the slowest node or link.
import type { Estimate, HopEstimate, Placement, StageEstimate } from "./plan.ts";
import { crossingBytes, type Problem, stageComputeMs, stageMemoryBytes } from "./problem.ts";

/** Raised whenever the figures below or the formula change; stored with every estimate. */
export const ESTIMATOR_VERSION = 2;
/** Queue, worker hand-over and frame handling of one stage (measured 0.3–0.9 ms). */
export const STAGE_HANDOVER_MS = 0.5;
/** Encrypting, sending and receiving on one machine: about 1 GB/s through mutual TLS. */
export const HANDLING_MS_PER_BYTE = 1 / 1_000_000;
/** HTTP at the ingress, whatever the size: parsing, checking, dispatching (measured 0.2–1.4 ms with requests of 1 kB through stages that compute next to nothing). */
export const INGRESS_MS = 0.5;
/** Reading a request's and writing an answer's bytes over HTTP, joining and copying included: about 500 MB/s (measured 1.6–3 ms per MB on busy cores). */
export const INGRESS_MS_PER_BYTE = 2 / 1_000_000;

/** What every request pays at the ingress, milliseconds, the same for each placement. Its own process, so it is no part of a stage's or link's throughput. */
export function ingressMs(problem: Problem): number {
  return INGRESS_MS + (problem.inputBytes + problem.outputBytes) * INGRESS_MS_PER_BYTE;
}

/**
 * The time of a hop, milliseconds; null = no way there. A hop within one node is handed over locally.
 * Frames go in chunks, so encrypting one overlaps with sending another: the slower of both counts. A measured bandwidth has both in it already.
 */
export function hopFigures(problem: Problem, fromIndex: number, toIndex: number, bytes: number): { latencyMs: number; transferMs: number; kind: HopEstimate["kind"] } | null {
  const handlingMs = bytes * HANDLING_MS_PER_BYTE;
  if (fromIndex === toIndex) return { latencyMs: 0, transferMs: handlingMs, kind: "local" };
  const path = problem.paths[fromIndex]?.[toIndex];
  if (!path) return null;
  return { latencyMs: path.latencyMs, transferMs: Math.max((bytes / path.bandwidthBytesPerSecond) * 1000, handlingMs), kind: path.kind };
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
    if (!node || stage.from !== at || stage.to <= stage.from) return null;
    const hop = toHop(problem, previous, index, crossingBytes(problem, at));
    if (!hop) return null;
    hops.push(hop);
    stages.push({ from: stage.from, to: stage.to, topologyNodeId: stage.topologyNodeId, computeMs: stageComputeMs(node, stage.from, stage.to), kind: node.kind, weightBytes: sum(problem.layerWeightBytes.slice(stage.from, stage.to)), memoryBytes: stageMemoryBytes(problem, stage.from, stage.to) });
    at = stage.to;
    previous = index;
  }
  const answer = toHop(problem, previous, sourceIndex, problem.outputBytes);
  if (at !== problem.layerCount || !answer) return null;
  hops.push(answer);
  const latencyMs = ingressMs(problem) + sum(hops.map((hop) => hop.latencyMs + hop.transferMs)) + sum(stages.map((stage) => stage.computeMs + STAGE_HANDOVER_MS));
  const bottleneck = findBottleneck(stages, hops);
  return {
    estimatorVersion: ESTIMATOR_VERSION,
    kind: kindOf([...stages.map((stage) => stage.kind), ...hops.filter((hop) => hop.kind !== "local").map((hop) => (hop.kind === "measured" ? "measured" : "estimated"))]),
    latencyMs,
    bottleneckMs: bottleneck.ms,
    throughputPerSecond: 1000 / bottleneck.ms,
    bottleneck: { kind: bottleneck.kind, index: bottleneck.index },
    stages,
    hops,
    memory: memoryByNode(problem, stages),
  };
}

function toHop(problem: Problem, fromIndex: number, toIndex: number, bytes: number): HopEstimate | null {
  const figures = hopFigures(problem, fromIndex, toIndex, bytes);
  const from = problem.nodes[fromIndex];
  const to = problem.nodes[toIndex];
  if (!figures || !from || !to) return null;
  return { fromTopologyNodeId: from.topologyNodeId, toTopologyNodeId: to.topologyNodeId, bytes, ...figures };
}

/** Stages that share a node share its time; hops in the same direction between the same two nodes share the link. */
function findBottleneck(stages: StageEstimate[], hops: HopEstimate[]): { kind: "stage" | "link"; index: number; ms: number } {
  let worst: { kind: "stage" | "link"; index: number; ms: number } = { kind: "stage", index: 0, ms: Number.MIN_VALUE };
  for (const [index, stage] of stages.entries()) {
    const ms = sum(stages.filter((other) => other.topologyNodeId === stage.topologyNodeId).map((other) => other.computeMs + STAGE_HANDOVER_MS));
    if (ms > worst.ms) worst = { kind: "stage", index, ms };
  }
  for (const [index, hop] of hops.entries()) {
    const ms = sum(hops.filter((other) => other.kind !== "local" && other.fromTopologyNodeId === hop.fromTopologyNodeId && other.toTopologyNodeId === hop.toTopologyNodeId).map((other) => other.transferMs));
    if (ms > worst.ms) worst = { kind: "link", index, ms };
  }
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
    if (!node.trusted || (node.memoryLimitBytes !== null && stageMemoryBytes(problem, 0, problem.layerCount) > node.memoryLimitBytes)) continue;
    const whole = estimateChain(problem, [{ from: 0, to: problem.layerCount, topologyNodeId: node.topologyNodeId }]);
    if (whole && (best === null || whole.latencyMs < best.latencyMs)) best = { topologyNodeId: node.topologyNodeId, latencyMs: whole.latencyMs, throughputPerSecond: whole.throughputPerSecond };
  }
  return best;
}

function kindOf(kinds: ("estimated" | "measured")[]): Estimate["kind"] {
  if (kinds.every((kind) => kind === "measured")) return "measured";
  return kinds.every((kind) => kind === "estimated") ? "estimated" : "mixed";
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
