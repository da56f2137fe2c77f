// Owns the shape of what the control plane's decisions look at: one immutable picture of desired and observed. Types only.
import type { BatchLimit } from "./adapt/batching.ts";
import type { Batching, Hardware, KeyLimits, MeasureTask, ObservedAssignment, ObservedIngress, ObservedMeasure, ProcessorSpec, SegmentSpec, SessionOptions, StatePair } from "../../agents/protocol/control.ts";
import type { DataType, TensorSpec } from "../../agents/protocol/tensor.ts";
import type { Parity } from "../planner/plan.ts";
import type { Presence } from "./presence.ts";
import type { DayUsage, KeyQuotaWanted } from "./share-quota.ts";

export type FleetSnapshot = {
  nowMs: number;
  /** By so much the console's clock has jumped since it started: what is remembered from picture to picture is counted without. Absent = not. */
  jumpedMs?: number;
  /** By node id; removed nodes are absent. */
  nodes: Map<string, NodeView>;
  deployments: DeploymentView[];
  measurements: MeasurementView[];
};

export type NodeView = {
  nodeId: string;
  name: string;
  cordoned: boolean;
  presence: Presence;
  /** Lost to the console alone: nodes that send to it are through. Absent = not. */
  serves?: boolean;
  /** Has a connection to this console process, or to another one that tells of it. */
  connected: boolean;
  /** Connected, and what it runs has not come yet: what stands here is nothing, or of before. Absent = it has come. */
  untold?: boolean;
  hardware: Hardware | null;
  /** Null until it said where its data port is. */
  data: { host: string; port: number } | null;
  assignments: ObservedAssignment[];
  ingress: ObservedIngress[];
  measures: ObservedMeasure[];
};

export type DeploymentSettings = {
  /** Of the revision that serves, or is to serve first. */
  ingressNodeIds: string[];
  session: SessionOptions;
  limits: { maxInFlight: number; maxRequestBytes: number; defaultDeadlineMs: number; maxDeadlineMs: number; queueLength: number; maxFrameBytes: number };
  /** Requests that come together run together; null or absent (of deployments made before there was this) = each alone. `whenNeeded`: only while adaptation finds that they have to, within these limits. */
  batching?: (Omit<Batching, "now"> & { whenNeeded?: boolean }) | null;
  /** What of these limits is in force, as adaptation decided, where it was left to it; null or absent = each runs alone. */
  batchNow?: BatchLimit | null;
  /** Of each key, and of all who need none; null or absent = no limit but those above. */
  keyLimits?: KeyLimits | null;
  /** What becomes of open streams when their revision is left; null or absent = DEFAULT_STREAMS. */
  streams?: StreamSettings | null;
  /** So many requests a second are let in at all its entries together, as adaptation decided while more came than anything carries; null or absent = all. */
  admitPerSecond?: number | null;
  /** How a new revision that somebody deploys is tried before it takes over; null or absent = not. */
  canary?: CanarySettings | null;
  /** The move that is to stop for a trial, and stays there until it is promoted; null or absent = none. */
  canaryMigrationId?: string | null;
  /** The move whose new revision was promoted, and is watched once it has taken over; null or absent = none. */
  watchedMigrationId?: string | null;
  /** The analysis, or the operation of the load run, it was made for, to be measured and removed again: a rig. Absent = it is nobody's but its user's. */
  rigOf?: string;
  /** Milliseconds since the epoch of the last stop; null while running. */
  stoppedAtMs: number | null;
};

/** Shares 0 to 1: of requests given to the new revision, and of the others that it gets a copy of. More than `maxErrorRatio` of its requests, or of its copies, failing, more than `maxDifferentRatio` of the
 * compared copies answered otherwise (null = as many as there are; absent = DEFAULT_MAX_DIFFERENT_RATIO), or a p99 beyond `maxLatencyMsP99` (null =
 * what the revision's plan was asked to keep to at a quantile of 0.99 or above, else no bound), through three complete windows at one ingress ends the trial.
 * Once promoted it is watched by the same bounds for `watchMs` (absent = DEFAULT_WATCH_MS; 0 = not), while the old revision stands by. */
export type CanarySettings = { share: number; shadowShare: number; maxErrorRatio: number; maxLatencyMsP99: number | null; maxDifferentRatio?: number | null; watchMs?: number };

/** Of a model with state. "move": streams go to the new revision at once, each with its state; "finish": they stay until they end. Either way `limitMs` is the longest that a left revision is kept for them;
 * then those that were to finish move, and what cannot move ends with an error that says why. `maxStateBytes`: of all streams of a stage together. */
export type StreamSettings = { policy: "move" | "finish"; limitMs: number; maxStateBytes: number };

export type DeploymentView = {
  deploymentId: string;
  name: string;
  desired: "running" | "stopped";
  currentRevisionId: string | null;
  settings: DeploymentSettings;
  model: ModelView;
  keyHashes: string[];
  /** Those of its keys that may ask something else than the others, by hash. */
  ownKeys: OwnKeyView[];
  /** The current one and those of the unfinished migration. */
  revisions: RevisionView[];
  migration: MigrationView | null;
  /** Nodes where revisions that once served were entered, with when the last of them stopped serving; newest first. May name nodes that are entered still. */
  formerEntries: { nodeId: string; leftAtMs: number }[];
  /** Why the last migration did not end well; null when it did. */
  lastFailure: string | null;
};

export type OwnKeyView = { keyId: string; hash: string; limits: KeyLimits | null; quota: KeyQuotaWanted | null; /** Of this month, where it has a quota. */ usage: DayUsage[] };

export type ModelView = {
  modelId: string;
  inputs: TensorSpec[];
  outputs: TensorSpec[];
  states: StatePair[];
  processor: ProcessorSpec | null;
  processorFiles: { name: string; digest: string; bytes: number }[];
};

/** Fixed when the revision is made. */
export type RevisionStage = { from: number; to: number; nodeId: string; segmentId: string; /** Absent = the deployment's own. */ session?: SessionOptions; /** What its process was predicted to hold when the revision was made; absent in older ones. */ memoryBytes?: number; /** Which whole pipeline of the revision it belongs to, from 1; absent = the first (replicas.ts). */ replica?: number };

export type RevisionView = {
  revisionId: string;
  number: number;
  epoch: number;
  /** Where its requests enter and answers leave. */
  ingressNodeIds: string[];
  /** Of all replicas, one after the other. */
  stages: StageView[];
  /** Predicted requests per second of each replica; absent = they count as equal. */
  replicaRates?: number[];
  /** What its plan was asked to keep to; absent = nothing. */
  promise?: { quantile: number; latencyMs: number };
  parity: Parity;
  parityFile: { digest: string; bytes: number } | null;
};

export type StageView = RevisionStage & {
  segment: SegmentSpec;
  /** Names of the tensors passed on: what crosses the cut after it; the model's outputs after the last one. */
  sends: string[];
  warmShapes: { name: string; dataType: DataType; shape: number[] }[];
};

/** States of a migration, in order; the last three end it. */
export const MIGRATION_STATES = ["prepare", "pause", "unload", "warm", "verify", "canary", "cutover", "drain", "retire", "restore", "rolling-back", "done", "rolled-back", "cancelled"] as const;
export type MigrationState = (typeof MIGRATION_STATES)[number];

export type MigrationView = {
  migrationId: string;
  fromRevisionId: string | null;
  toRevisionId: string;
  state: MigrationState;
  /** On the clock of `nowMs`, also where that has jumped since. */
  stateSinceMs: number;
  cancelRequested: boolean;
  operationId: string;
  reason: string;
  /** On these nodes the old revision's stages leave memory before the new one's load; `allowedMs`: at most so long nothing may serve. Absent = nothing pauses. */
  pause?: { nodeIds: string[]; allowedMs: number };
  /** Which of the moves of a hand-over it is. Absent = it is one by itself. */
  handOver?: { step: number; of: number };
};

export type MeasurementView = { task: MeasureTask; nodeId: string };
