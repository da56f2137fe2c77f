// Owns the way from a problem and what is asked of it to the solvers' dense tables, and back. The cost model stays the problem's: each table is sampled
// from its functions, so that an evaluation on the instance is the estimate of the placement.
import { MAX_STAGES } from "./check-placement.ts";
import { hopFigures, hopVarianceMs2, ingressMs } from "./estimate.ts";
import { distinctStages } from "./distinct-stages.ts";
import type { HopTable, Instance, Processor, SearchStage, Trust } from "./instance.ts";
import { pathLinks } from "./path-links.ts";
import type { Placement } from "./plan.ts";
import { MAX_UTILISATION, type PlanRequest } from "./plan-request.ts";
import { mayRun, mayRunIfTrusted, type NodeRules } from "./may-run.ts";
import { type ModeTimes, modeOf } from "./node-modes.ts";
import { crossingBytes, freeBytes, type Problem, stageComputeMs } from "./problem.ts";
import { stageMemoryBytes } from "./stage-memory.ts";
import { costsPerMs } from "./running-costs.ts";
import { stageBytesTable } from "./stage-bytes.ts";
import { taintOf } from "./taint.ts";

/** `running`: all stages that a deployment runs on these nodes now, of each replica; with `bothLoaded` they stay loaded, and what the plan keeps as it is is not loaded again. */
export function buildInstance(problem: Problem, request: PlanRequest, running: Placement = []): Instance {
  const { layerCount, nodes } = problem;
  const taint = taintOf(problem.flow, layerCount, request.sensitiveInputs);
  const rules: NodeRules = { problem, request, taint };
  const positions = Array.from({ length: layerCount + 1 }, (_, at) => at);
  const zones = [...new Set(nodes.flatMap((node) => (node.zoneId ? [node.zoneId] : [])))];
  const kept = request.bothLoaded ? distinctStages(running) : [];
  const heldWhileMoving = (id: string) => kept.filter((stage) => stage.topologyNodeId === id).reduce((sum, stage) => sum + stageMemoryBytes(problem, stage.from, stage.to), 0);
  const modes = processorModes(problem, request);
  const loaded = kept.flatMap((stage) => toStages(problem, [stage], request) ?? []);
  return {
    layerCount,
    legal: Uint8Array.from(positions, (at) => (at === 0 || at === layerCount || problem.cutLegal[at - 1] ? 1 : 0)),
    crossingBytes: Float64Array.from(positions, (at) => crossingBytes(problem, at)),
    tainted: Uint8Array.from(taint.positions, Number),
    nodes: nodes.map((node) => ({ freeBytes: Math.max(0, freeBytes(node) - heldWhileMoving(node.topologyNodeId)), spareShare: node.spareShare ?? 1, zone: node.zoneId ? zones.indexOf(node.zoneId) : -1 })),
    places: nodes.map((_, index) => ({ nodes: [index], share: [1] })),
    // The default modes first, so that processor i is node i's.
    processors: modes.map((mode) => processorOf(rules, mode)),
    hops: hopTable(problem),
    source: problem.sourceIndex ?? -1,
    sink: problem.sourceIndex ?? -1,
    limits: {
      minStages: Math.max(1, request.minStages ?? 1),
      maxStages: Math.min(request.maxStages ?? MAX_STAGES, request.severalPerNode ? MAX_STAGES : nodes.length),
      oncePerNode: !request.severalPerNode,
      bottleneckMs: request.demandPerSecond === undefined ? Number.POSITIVE_INFINITY : (MAX_UTILISATION * 1000) / request.demandPerSecond,
      latencyMs: Number.POSITIVE_INFINITY,
      ...(request.demandPerSecond === undefined ? {} : { perSecond: request.demandPerSecond }),
      ...(request.slo ? { slo: { share: request.slo.quantile, latencyMs: request.slo.latencyMs } } : {}),
    },
    apart: [...(request.apart ?? [])],
    constantMs: ingressMs(problem),
    ...(loaded.length > 0 ? { loaded } : {}),
    ...(taint.positions.some(Boolean) && nodes.some((node) => !node.trusted) ? { trust: trustOf(rules, modes) } : {}),
  };
}

function trustOf(rules: NodeRules, modes: readonly ProcessorMode[]): Trust {
  const { nodes, paths, layerCount } = rules.problem;
  return {
    places: Uint8Array.from(nodes, (node) => Number(node.trusted)),
    trustedUntil: modes.map(({ place }) => untilOf(layerCount, (layer) => mayRunIfTrusted(rules, nodes[place] as Problem["nodes"][number], layer))),
    between: Uint8Array.from({ length: nodes.length ** 2 }, (_, hop) => Number(hop % nodes.length === Math.floor(hop / nodes.length) || (paths[Math.floor(hop / nodes.length)]?.[hop % nodes.length]?.trusted ?? false))),
  };
}

/** [i] = largest j so that every layer in [i, j) may; i where layer i itself may not. */
function untilOf(layerCount: number, may: (layer: number) => boolean): Int32Array {
  const until = new Int32Array(layerCount + 1);
  until[layerCount] = layerCount;
  for (let layer = layerCount - 1; layer >= 0; layer--) until[layer] = may(layer) ? Math.max(layer + 1, until[layer + 1] as number) : layer;
  return until;
}

type ProcessorMode = { place: number; /** 0 = the default one, k = the k-th of the others. */ mode: number; times: ModeTimes };

function processorModes({ nodes }: Pick<Problem, "nodes">, { defaultModeOnly }: Pick<PlanRequest, "defaultModeOnly">): ProcessorMode[] {
  const others = defaultModeOnly ? [] : nodes.flatMap((node, place) => (node.otherModes ?? []).map((times, index) => ({ place, mode: index + 1, times })));
  return [...nodes.map((times, place) => ({ place, mode: 0, times })), ...others];
}

function processorOf(rules: NodeRules, { place, mode, times }: ProcessorMode): Processor {
  const { problem } = rules;
  const node = problem.nodes[place] as Problem["nodes"][number];
  const { layerCount } = problem;
  const whole = stageComputeMs(times, 0, layerCount);
  const perMs = costsPerMs(node);
  return {
    place,
    unit: 0,
    mode,
    stageMs: node.handoverMs,
    // A stage's time is additive over its two ends: what ends at j, less what begins at i would have paid before it.
    upToMs: Float64Array.from({ length: layerCount + 1 }, (_, at) => (at === 0 ? 0 : stageComputeMs(times, 0, at))),
    beforeMs: Float64Array.from({ length: layerCount + 1 }, (_, at) => (at === layerCount ? whole : whole - stageComputeMs(times, at, layerCount))),
    varianceUpToMs2: null,
    streams: 1,
    ...stageBytesTable(problem),
    allowedUntil: untilOf(layerCount, (layer) => mayRun(rules, node, layer)),
    joulesPerMs: perMs.joules ?? 0,
    moneyPerMs: perMs.money ?? 0,
    gramsPerMs: perMs.grams ?? 0,
  };
}

function hopTable(problem: Problem): HopTable {
  const count = problem.nodes.length;
  const table = () => new Float64Array(count * count);
  const hops: Omit<HopTable, "links" | "linkPerByteMs"> = { way: new Uint8Array(count * count), fixedMs: table(), perByteMs: table(), fixedVarianceMs2: table(), perByteVarianceMs2: table(), joulesPerByte: table(), moneyPerByte: table(), gramsPerByte: table() };
  const numbers = linkNumbers(problem);
  const linkPerByteMs = new Float64Array(numbers.size);
  const links: number[][] = [];
  for (let index = 0; index < count * count; index++) {
    const [from, to] = [Math.floor(index / count), index % count];
    links.push([]);
    const empty = hopFigures(problem, from, to, 0);
    const perByte = hopFigures(problem, from, to, 1);
    if (!empty || !perByte) continue;
    hops.way[index] = isTrustedWay(problem, from, to) ? 2 : 1;
    hops.fixedMs[index] = empty.latencyMs + empty.transferMs;
    hops.perByteMs[index] = perByte.transferMs - empty.transferMs;
    hops.fixedVarianceMs2[index] = hopVarianceMs2(problem, from, to);
    for (const link of pathLinks(problem, from, to) ?? []) {
      const number = numbers.get(link.id)?.number as number;
      linkPerByteMs[number] = link.msPerByte;
      links[index]?.push(number);
      hops.moneyPerByte[index] = (hops.moneyPerByte[index] as number) + link.moneyPerByte;
    }
  }
  return { ...hops, links, linkPerByteMs };
}

/** Directed links by id, in the order of the tables, each with the first way it is on and its place there. */
export function linkNumbers(problem: Problem): Map<string, { number: number; from: number; to: number; hop: number }> {
  const numbers = new Map<string, { number: number; from: number; to: number; hop: number }>();
  for (const from of problem.nodes.keys()) {
    for (const to of problem.nodes.keys()) {
      for (const [hop, link] of (pathLinks(problem, from, to) ?? []).entries()) if (!numbers.has(link.id)) numbers.set(link.id, { number: numbers.size, from, to, hop });
    }
  }
  return numbers;
}

/** What is sensitive may go this way: both ends and all between them are trusted. */
export function isTrustedWay(problem: Problem, from: number, to: number): boolean {
  if (!problem.nodes[from]?.trusted || !problem.nodes[to]?.trusted) return false;
  return from === to || (problem.paths[from]?.[to]?.trusted ?? false);
}

export function toPlacement(problem: Problem, instance: Instance, stages: readonly SearchStage[]): Placement {
  return stages.map(({ processor, from, to }) => {
    const { place = -1, mode = 0 } = instance.processors[processor] ?? {};
    const node = problem.nodes[place];
    const session = node?.otherModes?.[mode - 1]?.session;
    return { from, to, topologyNodeId: node?.topologyNodeId ?? "", ...(session ? { session } : {}) };
  });
}

/** Null where a stage is on no node of the problem, or in a mode that the node has not. */
export function toStages(problem: Problem, placement: Placement, request: Pick<PlanRequest, "defaultModeOnly"> = {}): SearchStage[] | null {
  const indexOf = new Map(problem.nodes.map((node, index) => [node.topologyNodeId, index]));
  const modes = processorModes(problem, request);
  const stages = placement.map(({ from, to, topologyNodeId, session }) => {
    const place = indexOf.get(topologyNodeId) ?? -1;
    const times = place < 0 ? null : modeOf(problem.nodes[place] as Problem["nodes"][number], session);
    return { from, to, processor: modes.findIndex((mode) => mode.place === place && mode.times === times) };
  });
  return stages.some((stage) => stage.processor < 0) ? null : stages;
}
