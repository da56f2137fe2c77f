// Owns the dense tables that search, checks and the canvas compute on: model + profiles + drawing + live figures. Built once, then only read.
import type { HeldArtifact } from "../../agents/protocol/control.ts";
import { BYTES_PER_ELEMENT, type TensorSpec } from "../../agents/protocol/tensor.ts";
import type { ModelFacts } from "../model/model.ts";
import type { Profile } from "../model/profile.ts";
import { findPaths, type PathFigures } from "../topology/paths.ts";
import type { LiveLink, LiveNode, TopologyDocument, TopologyNode } from "../topology/topology.ts";
import { besideOthers } from "./beside-others.ts";
import type { FetchTables } from "./fetch-bytes.ts";
import type { SeenLoad } from "./load-time.ts";
import { defaultTimes, type ModeTimes, type NodeMode, otherModes } from "./node-modes.ts";
import type { PlacementRules } from "./plan-request.ts";
import { SERVING_COSTS } from "./serving-costs.ts";
import { type ValueFlow, valueFlow } from "./taint.ts";
import { memoryLimit } from "./memory-limit.ts";
import { refineMemory } from "./refine-memory.ts";
import type { MemoryTables } from "./stage-memory.ts";
import { workingBytes } from "./working-bytes.ts";

export type ProblemInput = {
  facts: ModelFacts;
  /** Of this model: each is used for nodes of its device class, in its mode. */
  profiles: readonly Profile[];
  topology: TopologyDocument;
  live: { nodes: readonly LiveNode[]; links: readonly LiveLink[] };
  /** Counts what deployments hold of the nodes: of all (null), of all but this one; absent = the nodes are taken as empty. */
  beside?: string | null;
  /** What nodes' caches hold, by node; of those that are missing it is not known. */
  caches?: ReadonlyMap<string, readonly HeldArtifact[]>;
  /** How long stages, of whatever model, were seen to take to load, by enrolled node; absent = nothing was seen. */
  seenLoads?: readonly SeenLoad[];
};

export type Problem = {
  layerCount: number;
  layerNames: string[];
  /** cutLegal[j]: between layers j and j + 1. */
  cutLegal: boolean[];
  cutReason: (string | null)[];
  cutBytes: number[];
  /** Bytes that enter stage 0 and leave the last stage. */
  inputBytes: number;
  outputBytes: number;
  layerWeightBytes: number[];
  /** What nodes must have for layers, and what they have; absent = not known: weights are counted, and what runs is there. */
  fetch?: FetchTables;
  /** How long stages took to load on its nodes, by drawn node; absent = nothing was seen. */
  seenLoads?: readonly SeenLoad[];
  /** Working memory of each layer: live values as the runtime keeps them, frames at its cuts. */
  layerWorkspaceBytes: number[];
  /** The same apart, and tables that rows are looked up in, of the weights; see stage-memory.ts. */
  parts?: MemoryTables["parts"];
  layerTableBytes?: number[];
  /** Of a stage's process before any layer, where processes of this model told; absent = STAGE_PROCESS_BYTES. */
  processBytes?: number;
  nodes: ProblemNode[];
  /** paths[u][v]; null = no drawn way. paths[u][u] is free. */
  paths: (PathFigures | null)[][];
  /** "from>to" of drawn nodes whose way is cut today, with since when, milliseconds: their paths are null. Absent = none is known. */
  cutPairs?: ReadonlyMap<string, number>;
  /** Where requests enter; null = at the first stage's node. */
  sourceIndex: number | null;
  /** Drawn nodes where requests of what runs enter, where there are several: each needs a way to the first stage and back. Absent = at the source alone. */
  entryIds?: readonly string[];
  /** Which inputs reach where; absent = not known, taken for all everywhere. */
  flow?: ValueFlow;
  /** What placements of it must keep to where a check is not told otherwise; absent = nothing. */
  rules?: PlacementRules;
};

/** Its own times are those of the default mode. */
export type ProblemNode = ModeTimes & {
  topologyNodeId: string;
  name: string;
  /** What else its stages may run in; absent = nothing. */
  otherModes?: readonly NodeMode[];
  /** What each stage on this node pays beside computing: queue, hand-over to the worker and back. */
  handoverMs: number;
  /** What one end of a hop pays here for a frame of any size: framing, encryption, waking up. */
  frameMs: number;
  memoryLimitBytes: number | null;
  trusted: boolean;
  planned: boolean;
  online: boolean;
  /** Not online, but what it runs runs on. Absent = not. */
  serves?: boolean;
  cordoned: boolean;
  approved: boolean;
  /** Memory that other deployments' stages have there; absent = none. */
  heldBytes?: number;
  /** Share of its time that they leave, (0, 1]; the times above pay for it already. Absent = all. */
  spareShare?: number;
  zoneId?: string | null;
  /** What its work costs; null or absent = not known. Watts above idle: idle power is paid whatever the plan. */
  pricePerHour?: number | null;
  workWatts?: number | null;
  gramsPerKilowattHour?: number | null;
};

export function buildProblem(input: ProblemInput): Problem {
  const { facts, topology } = input;
  const paths = findPaths(topology, input.live.links);
  const states = new Set(facts.states.flatMap((state) => [state.input, state.output]));
  const bytesOf = (specs: readonly TensorSpec[]) => specs.filter((spec) => !states.has(spec.name)).reduce((sum, spec) => sum + specBytes(spec, facts.dimensionValues), 0);
  const sourceIndex = topology.nodes.findIndex((node) => node.id === topology.sourceId);
  const layerWeightBytes = facts.layers.map((layer) => layer.weightBytes);
  const sizes = { inputBytes: bytesOf(facts.inputs), outputBytes: facts.outputBytes ?? outputBytes(facts, bytesOf) };
  return {
    layerCount: facts.layers.length,
    layerNames: facts.layers.map((layer) => layer.name),
    cutLegal: facts.cuts.map((cut) => cut.legal),
    cutReason: facts.cuts.map((cut) => cut.reason),
    cutBytes: facts.cuts.map((cut) => cut.bytes),
    ...sizes,
    layerWeightBytes,
    ...fetchTables(input),
    ...loadsOf(input),
    ...tableBytes(facts),
    ...refineMemory({ layerWeightBytes, ...tableBytes(facts), ...workingBytes(facts, sizes) }, input.profiles.flatMap((profile) => profile.resident ?? [])),
    nodes: topology.nodes.map((node) => withOthers(toProblemNode(node, input), node, input)),
    paths: topology.nodes.map((from) => topology.nodes.map((to) => paths.get(from.id)?.get(to.id) ?? null)),
    sourceIndex: sourceIndex < 0 ? null : sourceIndex,
    flow: valueFlow(facts),
  };
}

function tableBytes(facts: Pick<ModelFacts, "layers">): Pick<Problem, "layerTableBytes"> {
  return facts.layers.some((layer) => layer.tableBytes) ? { layerTableBytes: facts.layers.map((layer) => layer.tableBytes ?? 0) } : {};
}

function fetchTables({ facts, topology, caches }: ProblemInput): Pick<Problem, "fetch"> {
  const layers = facts.layers.flatMap((layer) => layer.files ?? []);
  if (layers.length < facts.layers.length) return {};
  const numberOf = new Map([facts.digest, ...facts.externalFiles.map((file) => file.digest)].map((digest, index) => [digest, String(index)]));
  const held = (artifacts: readonly HeldArtifact[]) => new Map(artifacts.flatMap(({ digest, ranges }) => (numberOf.has(digest) ? [[numberOf.get(digest)!, ranges] as const] : [])));
  return { fetch: { layers, held: topology.nodes.map((node) => { const known = caches?.get(node.nodeId ?? ""); return known ? held(known) : null; }) } };
}

function loadsOf({ topology, seenLoads = [] }: ProblemInput): Pick<Problem, "seenLoads"> {
  const loads = topology.nodes.flatMap((node) => seenLoads.flatMap((seen) => (seen.nodeId === node.nodeId ? [{ ...seen, nodeId: node.id }] : [])));
  return loads.length > 0 ? { seenLoads: loads } : {};
}

function withOthers(problemNode: ProblemNode, node: TopologyNode, input: ProblemInput): ProblemNode {
  const live = node.nodeId === null ? undefined : input.live.nodes.find((candidate) => candidate.nodeId === node.nodeId);
  if (live?.held === undefined || input.beside === undefined) return problemNode;
  return besideOthers(problemNode, { cores: live.cores, held: live.held }, input.beside);
}

function toProblemNode(node: TopologyNode, input: ProblemInput): ProblemNode {
  const live = node.nodeId === null ? undefined : input.live.nodes.find((candidate) => candidate.nodeId === node.nodeId);
  const others = otherModes(node, live, input);
  return {
    topologyNodeId: node.id,
    name: node.name,
    ...defaultTimes(node, live, input),
    ...(others.length > 0 ? { otherModes: others } : {}),
    handoverMs: live?.handoverMs ?? SERVING_COSTS.handoverMs,
    frameMs: SERVING_COSTS.frameMs,
    memoryLimitBytes: memoryLimit({ drawnBytes: node.memoryBytes, machineBytes: live?.memoryBytes ?? null, cappedBytes: live?.maxMemoryBytes ?? null, usableBytes: live?.usableMemoryBytes ?? null }),
    trusted: node.trust === "trusted",
    planned: node.nodeId === null,
    online: live?.online ?? false,
    ...(live?.serves ? { serves: true } : {}),
    cordoned: live?.cordoned ?? false,
    approved: live?.approved ?? true,
    zoneId: node.zoneId,
    pricePerHour: node.pricePerHour,
    workWatts: node.activeWatts === null ? null : Math.max(0, node.activeWatts - (node.idleWatts ?? 0)),
    gramsPerKilowattHour: node.gramsPerKilowattHour ?? input.topology.zones.find((zone) => zone.id === node.zoneId)?.gramsPerKilowattHour ?? null,
  };
}

/** Bytes at the model's default dimensions; a dimension nobody knows counts as 1. */
function specBytes(spec: TensorSpec, dimensionValues: Record<string, number>): number {
  const count = (spec.shape ?? []).reduce<number>((product, size) => product * (typeof size === "number" ? Math.max(size, 1) : (dimensionValues[size] ?? 1)), 1);
  return count * BYTES_PER_ELEMENT[spec.dataType];
}

/** The producing layer's spec is sharper than the graph's declaration, whose dynamic dimensions often have no names. */
function outputBytes(facts: ModelFacts, bytesOf: (specs: readonly TensorSpec[]) => number): number {
  const produced = new Map(facts.layers.flatMap((layer) => layer.outputs.map((spec) => [spec.name, spec] as const)));
  return bytesOf(facts.outputs.map((spec) => produced.get(spec.name) ?? spec));
}

/** What stages may use of its memory beside what others hold; Infinity = no limit known. */
export function freeBytes(node: ProblemNode): number {
  return node.memoryLimitBytes === null ? Number.POSITIVE_INFINITY : Math.max(0, node.memoryLimitBytes - (node.heldBytes ?? 0));
}

/** Compute time of layers [from, to) on a node, in its default mode or another one, as one segment, milliseconds: its layers, and what beginning and ending there costs. */
export function stageComputeMs(node: ModeTimes, from: number, to: number): number {
  return (node.cumulativeMs[to] ?? 0) - (node.cumulativeMs[from] ?? 0) + (node.entryMs[from] ?? 0) + (node.exitMs[to] ?? 0);
}

/** Time that a stage over layers [from, to) takes of a node per request, milliseconds. */
export function stageMs(node: ProblemNode, from: number, to: number): number {
  return stageComputeMs(node, from, to) + node.handoverMs;
}

/** Bytes that cross before layer `at`: the model's inputs at 0, its outputs at the end. */
export function crossingBytes(problem: Problem, at: number): number {
  if (at <= 0) return problem.inputBytes;
  if (at >= problem.layerCount) return problem.outputBytes;
  return problem.cutBytes[at - 1] ?? 0;
}
