// Owns the planner's own view of a problem: dense, by index, with no names of a drawing. Solvers, baselines and the evaluation read it; nothing writes it.
// A *position* j lies before layer j: 0 is the model's start, n its end. A stage runs layers [from, to) on one processor.
// Every quantity of a stage or hop is additive or a maximum, so one dynamic programme serves all objectives (docs/PLANNING.md).

export type Instance = {
  /** n */
  layerCount: number;
  /** legal[j], j in 0…n: 1 where a stage may begin or end. The two ends always are. */
  legal: Uint8Array;
  /** Bytes that cross position j, each distinct value once; at 0 the model's inputs, at n its outputs. */
  crossingBytes: Float64Array;
  /** tainted[j]: 1 where a value derived from a sensitive input crosses; only trusted hops may carry it. */
  tainted: Uint8Array;
  nodes: InstanceNode[];
  /** Where a stage may run, as the links see it: one node, or several that share a stage. The first nodes.length places are the nodes themselves. */
  places: Place[];
  processors: Processor[];
  hops: HopTable;
  /** Place where requests enter and answers leave; -1 = at the first stage's place (and for the sink: the same as the source). */
  source: number;
  sink: number;
  limits: Limits;
  /** Layers that may not meet on one node or zone. */
  apart: Apart[];
  /**
   * Stages that stay loaded while the plan's are loaded beside them: `freeBytes` is what they leave. A stage of the plan that is one of them (same layers, same
   * processor) is that process, and takes nothing more. Absent = none.
   */
  loaded?: readonly SearchStage[];
  /** What each request pays whatever the plan (ingress), milliseconds. */
  constantMs: number;
  /** What would be otherwise if an untrusted place were trusted: asked by explanations only. Absent = nothing is sensitive, or every place is trusted. */
  trust?: Trust;
};

/** `trustedUntil[p]`: processor p's `allowedUntil` on a trusted place. `between`, by hop: 1 where a way between trusted places would be a trusted one. */
export type Trust = { places: Uint8Array; trustedUntil: readonly Int32Array[]; between: Uint8Array };

export type InstanceNode = {
  /** What stages may use beside everything else that is there; Infinity = unknown. */
  freeBytes: number;
  /** Share of the node's time that is not taken by other deployments, (0, 1]. Stage times in `Processor` already pay for it. */
  spareShare: number;
  /** Failure zone, -1 = none. */
  zone: number;
};

/** `share[i]`: part of the requests that `nodes[i]` takes; they add up to 1. A plain node is { nodes: [v], share: [1] }. */
export type Place = { nodes: readonly number[]; share: readonly number[] };

/**
 * A virtual processor: a place in one of its modes (threads × streams × provider × precision), with its own profile.
 * Time of stage [i, j) = stageMs + upToMs[j] − beforeMs[i]; the terms measured at a cut are inside the two arrays.
 * Memory = stageBytes + residentBytes[j] − residentBytes[i] + the largest workspaceBytes in [i, j), on each node of the place.
 */
export type Processor = {
  place: number;
  /** Kind of silicon within the node ("cpu", "gpu0"): two stages in a row on one node must differ in it, or they would be one stage. */
  unit: number;
  /** Index into the mode list of whoever built the instance. */
  mode: number;
  stageMs: number;
  /** Length n + 1, indexed by position. */
  upToMs: Float64Array;
  beforeMs: Float64Array;
  /** Variance of layers [0, j), ms²; null = unknown, counted as 0. */
  varianceUpToMs2: Float64Array | null;
  /** Requests it works on at once: it is busy for time / streams per request. */
  streams: number;
  stageBytes: number;
  residentBytes: Float64Array;
  /** Length n, indexed by layer. */
  workspaceBytes: Float64Array;
  /** allowedUntil[i]: largest j so that every layer in [i, j) may run here (trust, pins, avoidance, zones); i where layer i itself may not. */
  allowedUntil: Int32Array;
  /** Joules, money and grams of CO₂ per millisecond of work. */
  joulesPerMs: number;
  moneyPerMs: number;
  gramsPerMs: number;
};

/** One-way hops between places, row-major: entry [from × places + to]. Time at position j = fixedMs + crossingBytes[j] × perByteMs. */
export type HopTable = {
  /** 0 = no way, 1 = a way, 2 = a way that is trusted from end to end. */
  way: Uint8Array;
  fixedMs: Float64Array;
  perByteMs: Float64Array;
  /** Variance = fixedVarianceMs2 + crossingBytes² × perByteVarianceMs2. */
  fixedVarianceMs2: Float64Array;
  perByteVarianceMs2: Float64Array;
  joulesPerByte: Float64Array;
  moneyPerByte: Float64Array;
  gramsPerByte: Float64Array;
  /** Directed links a hop is carried over; empty = within a node. Hops over one link add up on it. */
  links: readonly (readonly number[])[];
  /** Milliseconds per byte of each directed link. */
  linkPerByteMs: Float64Array;
};

export type Limits = {
  minStages: number;
  maxStages: number;
  /** True: no node may serve two stages of the plan. */
  oncePerNode: boolean;
  /** Busy time per request of any node or link may not exceed it, milliseconds; Infinity = no demand. ρ_max / λ for a demand of λ. */
  bottleneckMs: number;
  /** Unloaded latency may not exceed it, milliseconds; Infinity = no limit. */
  latencyMs: number;
  /** Requests per second that come at random and may have to wait; absent = one at a time. */
  perSecond?: number;
  /** This share of the requests is answered within so long, waiting included. */
  slo?: SloLimit;
};

/** `busyMs`: the wait is reckoned as if the busiest node or link took so long a request, whatever the plan; absent = the plan's own. Searches cut the problem with it. */
export type SloLimit = { share: number; latencyMs: number; busyMs?: number };

/** No layer of `first` shares a node (or zone; a node in no zone is one by itself) with a layer of `second`. Ranges [from, to). */
export type Apart = { first: { from: number; to: number }; second: { from: number; to: number }; within: "node" | "zone" };

/** Stage of a candidate: layers [from, to) on a processor. A candidate's stages cover [0, n) in order. */
export type SearchStage = { processor: number; from: number; to: number };

/** Time of one request through layers [from, to), milliseconds. */
export function processorStageMs(processor: Processor, from: number, to: number): number {
  return processor.stageMs + processor.upToMs[to]! - processor.beforeMs[from]!;
}

/** Memory of a stage over layers [from, to) on each node of its place, bytes. */
export function processorStageBytes(processor: Processor, from: number, to: number): number {
  let workspace = 0;
  for (let layer = from; layer < to; layer++) if (processor.workspaceBytes[layer]! > workspace) workspace = processor.workspaceBytes[layer]!;
  return processor.stageBytes + processor.residentBytes[to]! - processor.residentBytes[from]! + workspace;
}

/** Two stages in a row must change the place, or at least the silicon. */
export function mayFollow(instance: Instance, before: number, after: number): boolean {
  const a = instance.processors[before]!;
  const b = instance.processors[after]!;
  if (a.place !== b.place) return true;
  return a.unit !== b.unit;
}

/** Whether the stage is there already, so that it takes no more memory. */
export function isLoaded({ loaded }: Pick<Instance, "loaded">, { processor, from, to }: SearchStage): boolean {
  return loaded?.some((stage) => stage.processor === processor && stage.from === from && stage.to === to) ?? false;
}
