// Owns a plan: cuts + placement + estimate + the hashes of its inputs. Immutable; the store hashes its canonical bytes.
import type { SessionOptions } from "../../agents/protocol/control.ts";
import type { SampleKind, SampleTensor } from "../model/model-sample.ts";
import type { PlanObjective, PlanRequest } from "./plan-request.ts";

/** Stage k runs layers [from, to) on `topologyNodeId`. Stages are contiguous, in order, and cover every layer once. */
export type StagePlacement = {
  from: number; to: number; topologyNodeId: string;
  /** The mode it runs in; absent = the deployment's own, by default one thread. */
  session?: SessionOptions;
};

export type Placement = StagePlacement[];

/** The cost model's prediction. `kind` is "measured" only if every layer time and link figure behind it was measured. */
export type Estimate = {
  estimatorVersion: number;
  kind: "estimated" | "measured" | "mixed";
  /** Source → stages → source, one request alone. */
  latencyMs: number;
  /** Of it, ms²: what links were seen to vary by. Absent in plans of before it was estimated. */
  varianceMs2?: number;
  /** Slowest stage or link: throughput = 1000 / bottleneckMs requests per second. */
  bottleneckMs: number;
  throughputPerSecond: number;
  bottleneck: { kind: "stage" | "link"; index: number };
  stages: StageEstimate[];
  /** hops[k] brings frames to stage k (hops[0]: source → stage 0); the last one returns the answer: length = stages + 1. */
  hops: HopEstimate[];
  /** Per topology node used: memory of all stages against its limit (null = unknown). */
  memory: { topologyNodeId: string; usedBytes: number; limitBytes: number | null }[];
  /** Of one request; null = a node on its way has no such figure. Absent in plans of before it was estimated. */
  costs?: { /** Above idle. */ joules: number | null; money: number | null; grams: number | null };
  /** The best single node, for honesty: null where none fits. */
  bestSingleNode: { topologyNodeId: string; latencyMs: number; throughputPerSecond: number } | null;
};
/** Its time is computeMs + handoverMs, which estimators before version 3 do not tell. */
export type StageEstimate = { from: number; to: number; topologyNodeId: string; session?: SessionOptions; computeMs: number; handoverMs?: number; kind: "estimated" | "measured"; weightBytes: number; memoryBytes: number };
export type HopEstimate = { fromTopologyNodeId: string; toTopologyNodeId: string; bytes: number; transferMs: number; latencyMs: number; kind: "estimated" | "measured" | "local" };

/** Why a placement or a whole problem is refused. A result, never an exception. `fix` names the smallest change that would help. */
export type Refusal = { code: RefusalCode; message: string; fix: string | null; topologyNodeId?: string; stageIndex?: number; cutIndex?: number };
export const REFUSAL_CODES = ["empty", "gap", "overlap", "illegal-cut", "unknown-node", "planned-node", "node-offline", "node-cordoned", "node-not-approved", "memory", "no-path", "trust", "not-contiguous", "too-many-stages", "too-few-stages", "pinned", "avoided", "zone", "apart", "demand", "slo", "no-figure", "mode"] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

export type Plan = {
  modelDigest: string;
  /** Canonical hash of the topology document and the live figures used. */
  inputsHash: string;
  placement: Placement;
  estimate: Estimate;
  /** Further whole pipelines beside it, r2 and so on: each request runs in one of them (replicas/). Absent = none. */
  replicas?: PlanReplica[];
  /** What all of them do; absent = one, or of before it was kept. */
  together?: Together;
  /** Who chose the cuts: a person on the canvas, or a solver with its guarantee. */
  origin: { by: "operator" } | { by: "solver"; solver: string; objective: PlanObjective; lowerBound: number | null; gap: number | null; proved: boolean; /** In the objective's unit; absent in plans of before it was kept. */ cost?: number; search?: SearchRecord };
  /** What was asked for, where a solver was asked. Absent in plans of before requests were kept. */
  request?: PlanRequest;
  /** In words: what binds, what would help. */
  explanation: string[];
};
export type PlanReplica = {
  placement: Placement;
  /** Of it alone. */
  estimate: Estimate;
  /** Of its own search beside those before it; absent where a person placed it. */
  proof?: { lowerBound: number | null; gap: number | null; proved: boolean };
};
/** What several replicas do as one deployment (replicas/combine-replicas.ts). */
export type Together = {
  /** While every replica has work; requests fall to them by their rates. */
  throughputPerSecond: number;
  /** Mean over requests, each alone in its replica. */
  latencyMs: number;
  /** Of the slowest replica. */
  worstLatencyMs: number;
  /** Of one request, in the mean; null = a node on some replica's way has no such figure. Absent in plans of before it was kept. */
  costs?: { joules: number | null; money: number | null; grams: number | null };
  /** Of all figures behind it. Absent in plans of before it was kept. */
  kind?: Estimate["kind"];
  /** Nodes of the drawing that run stages of several replicas, and those that all of them need: the loss of one of these stops the deployment. Entry not counted. */
  sharedNodeIds: string[];
  fatalNodeIds: string[];
};
/** What a whole plan costs in the request's objective, and what none with as many replicas is proved to be below; null = not known. */
export type WholeCost = { cost: number | null; bound: number | null; gap: number | null };
/** How a search went. Not part of what a plan is: the same placement found again is the same plan. */
export type SearchRecord = { seed: number; elapsedMs: number; firstMs: number | null; bestMs: number | null; foundBy: string };
/** A search that goes on, or how it went: the best so far, what is proved, and both over time. */
export type SearchProgress = {
  elapsedMs: number;
  /** In the objective's unit; null = no plan, or nothing proved, yet. */
  cost: number | null;
  bound: number | null;
  gap: number | null;
  /** What found it. */
  by: string;
  placement: Placement | null;
  /** Oldest first, thinned to MAX_CURVE_POINTS. */
  curve: SearchPoint[];
};
/** A plan of a front while it grows: its figures, without where its layers are. `gap`: of what it has the least of under its limits. */
export type FrontFigures = { latencyMs: number; throughputPerSecond: number; joules: number | null; money: number | null; grams: number | null; stageCount: number; gap: number | null; proved: boolean };
export type SearchPoint = { elapsedMs: number; cost: number | null; bound: number | null };
export type Infeasible = { infeasible: true; refusals: Refusal[] };

/** Layers that leave one node for another. `shipBytes`: their weights. */
export type LayerMove = { fromTopologyNodeId: string; toTopologyNodeId: string; ranges: { from: number; to: number }[]; shipBytes: number };

/** plan A → plan B. */
export type PlanDiff = {
  same: boolean;
  stages: { change: "keep" | "move" | "recut" | "mode" | "add" | "remove"; from: number; to: number; fromTopologyNodeId: string | null; toTopologyNodeId: string | null; /** Bytes the target must fetch: weights that it lacks, and the segment's own file. */ shipBytes: number; /** Where the mode alone differs, in words. */ modes?: { before: string; after: string }; /** Of a further replica, from 2. */ replica?: number }[];
  /** The same by layers: what leaves which node for which. */
  moves: LayerMove[];
  /** With what entries need. */
  shipBytes: number;
  /** Files of the check and of the processor that entries must fetch; absent = not counted. */
  entryBytes?: number;
  memory: { topologyNodeId: string; beforeBytes: number; afterBytes: number; peakBytes: number; limitBytes: number | null }[];
  latencyMsBefore: number | null;
  latencyMsAfter: number;
};
/** How equal the cut model is to the whole one, on fixed inputs. */
export type Parity =
  | { status: "pending" }
  | { status: "equal" | "different"; maxRelError: number; tolerance: number; perOutput: { name: string; maxRelError: number }[]; /** In words. */ inputs: string; /** Absent in what was checked before models had samples. */ madeOn?: ParityInputs; checkedAt: string }
  | { status: "structure-only"; reason: string; checkedAt: string }
  | { status: "failed"; message: string; checkedAt: string };
/** What a parity check ran on. */
export type ParityInputs = {
  /** The model's own sample (given, or bundled with it), the product's own for the processor's kind, or seeded and made up. */
  source: "given" | "bundled" | "built-in" | "made-up";
  kind: SampleKind | null;
  fileName: string | null;
  /** sha-256 hex of the sample's file; null for made-up inputs. */
  digest: string | null;
  /** Of the first step. */
  tensors: SampleTensor[];
  /** Runs in a row, state carried. */
  steps: number;
  /** Why a better source was not used. */
  note: string | null;
};
