// Owns the control messages between a node's agent and the console: enrolment over HTTPS, then a Socket.io connection (namespace /agents)
// over mutual TLS. Everything is level-based: the console sends the node's whole desired state with a version that only grows, the agent
// stores it, works towards it, and reports what it observes. Losing or repeating any message is harmless.
import type { StageTimes } from "./frame.ts";
import type { LinkLosses } from "./link-loss.ts";
import type { KeyCount, OwnKey } from "./own-key.ts";
import type { BatchPadding } from "./pad-plan.ts";
import type { UnloadedRoute } from "./repository-call.ts";
import type { TensorSpec } from "./tensor.ts";
import type { Thermal } from "./thermal.ts";

/** Version of this contract. The console refuses an agent whose version it does not speak, and says so. */
export const CONTROL_VERSION = 1;

/** HTTPS `POST /enrol` on the console's agent listener. The join token is `cpj_<secret>_<ca fingerprint, sha-256 hex>`. */
export type EnrolRequest = {
  controlVersion: number;
  /** The whole join token. */
  token: string;
  /** PEM certificate request, key generated on the node (ECDSA P-256); the key never leaves the node. */
  csrPem: string;
  /** Wanted name; the console appends a number if taken. */
  name: string;
  hardware: Hardware;
};
export type EnrolResponse = { nodeId: string; name: string; certificatePem: string; caPem: string; expiresAt: string };
/** HTTPS `POST /renew` with the present certificate; `{csrPem}` → `{certificatePem, caPem, expiresAt}`. */
export type RenewRequest = { csrPem: string };

/** `GET <console URL>/agent-endpoint.json`: where agents connect. `caPem` must hash (sha-256 of its DER) to the fingerprint in the join token. */
export type AgentEndpoint = { host: string; port: number; caPem: string; controlVersion: number };
/** Where an agent may connect: one of the consoles on one database. Sent as event "consoles" (ConsoleAddress[]) at each connection and when it changes. */
export type ConsoleAddress = { host: string; port: number };

export type Hardware = {
  hostname: string; platform: string; arch: string; cpuModel: string;
  /** Cores this process may use (quota and affinity respected), fractional under a quota. */
  cores: number;
  memoryBytes: number; memoryAvailableBytes: number; diskFreeBytes: number;
  /** ONNX Runtime execution providers that load here, e.g. ["cpu"]. */
  providers: string[];
  /** Same string = same device class for profiles: cpu model × cores × quota × ORT version. */
  deviceClass: string; nodeVersion: string; agentVersion: string; ortVersion: string;
  /** What its stages may take together, where it was told so (`--max-memory`); absent = what the machine has. */
  maxMemoryBytes?: number;
  /** Same string = the same running machine, also in containers with hostnames of their own; another one after a reboot. Absent where the system does not tell it. */
  machineId?: string;
};

/** Sent once per connection as Socket.io `auth`. */
export type Hello = {
  controlVersion: number; agentVersion: string;
  /** New on each start of the process. */
  bootId: string;
  /** Last desired version stored on disk; 0 = none. */
  cursor: number;
  hardware: Hardware;
  /** Where peers reach this node's data port, as the node believes or was told by --advertise. */
  dataHost: string; dataPort: number;
};

// ───────────── desired: console → agent, event "desired" (acknowledged with {cursor}) ─────────────

/** The whole desired state of one node. */
export type Desired = {
  version: number;
  nodeId: string;
  assignments: Assignment[];
  /** Deployments whose requests enter at this node. */
  ingress: IngressRoute[];
  /** Nodes this one exchanges data with or should measure. */
  peers: Peer[];
  measurements: MeasureTask[];
  /** Deployments whose requests entered here and enter elsewhere now, at most MAX_MOVED_ROUTES: who still asks here is told where. Absent = none. */
  moved?: MovedRoute[];
  /** Deployments whose requests enter here when they run, and that do not, at most MAX_UNLOADED_ROUTES. Absent = none. */
  unloaded?: UnloadedRoute[];
};
export const MAX_MOVED_ROUTES = 32;
/** `entries`: where clients reach it now, as the nodes there say; at least one. `keyHashes`: whoever has none of these keys is not told (beyond loopback). */
export type MovedRoute = { deploymentId: string; modelName: string; entries: { nodeName: string; url: string }[]; keyHashes: string[] };

export type Peer = {
  nodeId: string; name: string; host: string; port: number;
  /** Measure round trip and bytes/s to this peer now and then. */
  measure: boolean;
};

/** A file the agent must hold. Bytes come from `GET /artifacts/<digest>` (Range) on the console's agent listener. */
export type ArtifactRange = {
  offset: number; bytes: number;
  /** sha-256 hex of just these bytes. At most 16 MiB a range. */
  sha256: string;
};
export type SegmentFile = {
  /** Name inside the segment's folder, as its skeleton's external data refers to it. Several segments share one sparse copy. */
  fileName: string;
  /** sha-256 hex of the whole original file. */
  digest: string;
  /** Size of the whole original file; the local copy is sparse and holds only `ranges`. */
  totalBytes: number;
  ranges: ArtifactRange[];
};

/** One segment, as an agent needs it. */
export type SegmentSpec = {
  segmentId: string;
  /** sha-256 hex and size of the skeleton ONNX file (an artifact of its own, fetched whole). */
  skeletonDigest: string; skeletonBytes: number;
  files: SegmentFile[];
  inputs: TensorSpec[]; outputs: TensorSpec[];
  /** Weights and state to be resident, for admission. */
  memoryBytes: number;
  /** Recurrent state: the stage keeps `output` of a step as `input` of the next one of the same stream; the first step has zeros of `shape`. */
  states: StatePair[];
};
export type StatePair = { input: string; output: string; dataType: TensorSpec["dataType"]; shape: number[] };

export type SessionOptions = {
  intraOpThreads: number;
  optimization: "disabled" | "basic" | "extended" | "all";
  provider: "cpu";
};

/** This node runs that segment. Unchanged across revisions that keep the segment here: only `lanes` change, nothing reloads. */
export type Assignment = {
  assignmentId: string; deploymentId: string;
  segment: SegmentSpec;
  session: SessionOptions;
  /** What its process is predicted to hold, weights, runtime and frames included; measured where that segment has run before. Admission goes by it. Absent = the segment's own figure, weights and state alone. */
  memoryBytes?: number;
  /** Fixed inputs for the warm-up run are zeros of these shapes (dynamic dimensions resolved). */
  warmShapes: { name: string; dataType: TensorSpec["dataType"]; shape: number[] }[];
  lanes: Lane[];
  /** `maxStateBytes`: of all streams together; absent = DEFAULT_MAX_STATE_BYTES. */
  limits: { queueLength: number; maxFrameBytes: number; maxStateBytes?: number };
  /** Its files are to be here and its process is not: the memory is another's for now. An agent that does not know it loads it as ever. */
  filesOnly?: true;
};
/** Recurrent state is a few KB a stream; this is room for 1,024 of 256 KB. */
export const DEFAULT_MAX_STATE_BYTES = 256 * 1024 * 1024;

/** A pipeline's way through a stage. The receiver dials the sender: the stage dials `upstream`, and is dialled by its downstream. */
export type Lane = {
  laneId: string;
  revisionId: string; epoch: number; stageIndex: number; stageCount: number;
  /** Where this stage's frames come from: ingress nodes for stage 0 (each dialled), one previous stage else. */
  upstream: LaneEnd[];
  /** Nodes that may dial this lane for its output: the next stage's, or the ingress nodes for the last stage. Absent = any node of this console. */
  downstreamNodeIds?: string[];
  /** Names of the tensors passed on after this stage: outputs of the segment and tensors that only travel through. */
  sends: string[];
  /** "open": accepts frames. "drain": finishes what is in flight, refuses new streams and requests. */
  mode: "open" | "drain";
};
/** `target` is named in the connection's preamble: `stage:<assignmentId>` or `ingress`. */
export type LaneEnd = { nodeId: string; host: string; port: number; target: string };

/** A deployment whose requests enter at this node. */
export type IngressRoute = {
  deploymentId: string;
  /** Name in `/v2/models/NAME`. */
  modelName: string;
  /** The epoch new requests are stamped with; null = not ready (503 with Retry-After). */
  currentEpoch: number | null;
  pipelines: IngressPipeline[];
  inputs: TensorSpec[]; outputs: TensorSpec[];
  /** Declared pre- and post-processing (JSON, see agents/processor/README.md); null = tensors only. Its files are artifacts. */
  processor: ProcessorSpec | null;
  processorFiles: { name: string; digest: string; bytes: number }[];
  /** All state pairs of the model: with a `sequence_id` these inputs and outputs live on the stages. */
  states: StatePair[];
  limits: { maxInFlight: number; maxRequestBytes: number; defaultDeadlineMs: number; maxDeadlineMs: number };
  /** Requests that come together run together. Absent or null = each alone. */
  batching?: Batching | null;
  /** Of each key. Absent or null = only the limits above. */
  keyLimits?: KeyLimits | null; /** So many requests a second are let in here, those of a priority first; others are refused as `overloaded`. Absent or null = all. */ admitPerSecond?: number | null;
  /** sha-256 hex of accepted API keys. Empty is allowed on loopback only. */
  keyHashes: string[];
  /** Of single ones of them, by hash, at most MAX_OWN_KEYS. Absent = all are alike; an agent that does not know it takes them to be. */
  ownKeys?: Record<string, OwnKey>;
  /** Before cutover the ingress sends these inputs through `epoch` and compares: |a−b| / max(1, max|ref|) per output. */
  verify: VerifyTask | null;
  /** A revision that is tried beside the current one. Absent or null = none. */
  canary?: RouteCanary | null;
};
/** Of requests that name no version `share` go to `epoch` (back to the current one where that breaks), of sequences so many of those that begin, each with all of its steps; of the other requests outside of
 * sequences `shadowShare` are also sent there as copies, whose answers nobody gets: they differ when |a−b| / max(1, max|ref|) of an output is more than `tolerance`. Shares are 0 to 1. Where `epoch` is the current one it has taken over and is watched: all are counted. */
export type RouteCanary = { epoch: number; share: number; shadowShare: number; tolerance: number };
/** `maxSize` and `preferredSizes`: items along the batch dimension; a batch waits at most `maxDelayMs` for more. `now`: what of these limits is in force, `maxSize` 1 = each alone; absent = all
 * of it, as for an agent that does not know it. `maxQueues`: requests of so many shapes wait each in a queue of their own, those of others in the last one; absent = 1: the first decides what all
 * wait for. `padding`: what is filled in so that requests of different lengths are alike; absent or null = nothing. */
export type Batching = { maxSize: number; maxDelayMs: number; preferredSizes: number[]; now?: { maxSize: number; maxDelayMs: number }; maxQueues?: number; padding?: BatchPadding | null };
/** `burst` requests at once, then `requestsPerSecond`; at most `maxInFlight` of one key at a time. At one ingress: several count each for itself. */
export type KeyLimits = { requestsPerSecond: number; burst: number; maxInFlight: number };
export type IngressPipeline = {
  epoch: number; revisionId: string;
  /** The revision's number in its deployment: the version clients name. Absent = the console does not tell it. */
  revisionNumber?: number;
  /** The last stage, which the ingress dials for answers. */
  last: LaneEnd;
  /** Nodes that may dial this ingress as stage 0. Absent = any node of this console. */
  firstNodeIds?: string[];
  /** Tensors sent into stage 0 (model inputs, without state inputs that live on the stages). */
  sends: string[];
  mode: "open" | "drain";
  /** "move": its streams go to the current epoch, each with its state, between two steps. Absent = they stay until they end. */
  streams?: "move";
  /** It serves as well as the current one: requests go here while that is broken. Absent = it does not. */
  spare?: boolean;
  /** Which of several whole pipelines of one epoch, from 1: each request goes to one of them. Absent = the only one. An agent that does not know replicas uses the first. */
  replica?: number;
  /** Requests per second it is predicted to answer, beside the others of its epoch. Absent = as the others. */ rate?: number;
};
/** A parity file is an artifact: see agents/protocol/README.md, "parity file" (inputs and reference outputs as one frame each). */
export type VerifyTask = { taskId: string; epoch: number; parityDigest: string; parityBytes: number; tolerance: number };

/** Processor declaration; the closed set of kinds is documented in agents/processor/README.md. */
export type ProcessorSpec = { kind: string; [option: string]: unknown };

/** Measure the per-op profile of a segment (usually the whole model) on this node, in a process of its own. */
export type MeasureTask = {
  taskId: string; modelId: string;
  segment: SegmentSpec;
  session: SessionOptions;
  inputs: { name: string; dataType: TensorSpec["dataType"]; shape: number[] }[];
  runs: number; timeoutMs: number;
  /** Real segments to time beside the whole, from which what a cut costs is learnt. Absent = none; an agent that does not know them leaves them out of its answer. */
  segments?: MeasureSegment[];
  /** Time for all of `segments`; those not reached are left out. */
  segmentsBudgetMs?: number;
  /** Begin only while this node serves no request, and stop and begin anew when requests come. Absent = at once. */
  whenIdle?: boolean;
};
/** Its session and the whole's run by turns, so that a slow moment falls on both. */
export type MeasureSegment = { segment: SegmentSpec; inputs: { name: string; dataType: TensorSpec["dataType"]; shape: number[] }[] };
/** More than these of one task are not taken. */
export const MAX_MEASURE_SEGMENTS = 64;

// ───────────── observed: agent → console ─────────────

/** Steps of an assignment on a node, in order; `failed` from any of them, retried with back-off (see `error`). `fetched`: of one that is to have files alone, all are here. */
export const ASSIGNMENT_STATES = ["pending", "fetching", "fetched", "loading", "warming", "ready", "draining", "failed"] as const;
export type AssignmentState = (typeof ASSIGNMENT_STATES)[number];

export type ObservedLane = { laneId: string; epoch: number; upstreamLinked: boolean; inFlight: number; /** Nodes it dials where nobody listened at the last try, as their machines say. Absent = none, or not told. */ refusedBy?: string[]; /** Nodes it dials and is not through to. Absent = none, or not told. */ unlinkedFrom?: string[] };
export type ObservedAssignment = {
  assignmentId: string; segmentId: string; state: AssignmentState;
  bytesDone: number; bytesTotal: number; bytesPerSecond: number;
  /** Of these, what came over the network for it since the agent's start; the rest was here. Absent where an agent does not tell it. */
  bytesMoved?: number;
  /** Who gave those bytes, each once, at most MAX_GIVERS; `nodeId` null = the console. Absent where an agent does not tell it. */
  bytesFrom?: GivenBytes[];
  loadMs: number | null; warmMs: number | null; residentBytes: number | null; restarts: number;
  lanes: ObservedLane[];
  error: { code: string; message: string; retryAt: string | null } | null;
  /** Most that its whole process was seen to hold since it was ready; null = not ready yet. Absent where an agent does not tell it. */
  processBytes?: number | null;
  /** How its session was made; null = none is loaded. Absent where an agent does not tell it. */
  running?: RunningSession | null;
};
/** `inline`: on the process's own thread, where the way to a worker would take longer than the segment. */
export type RunningSession = { session: SessionOptions; inline: boolean };
export type ObservedIngress = {
  deploymentId: string; currentEpoch: number | null;
  /** Where clients reach it. */
  url: string;
  pipelines: ObservedPipeline[];
  verify: { taskId: string; state: "running" | "passed" | "failed"; maxRelError: number | null; message: string | null } | null;
  error: string | null;
  /** Absent = none is tried, or the agent does not know of it. */
  canary?: ObservedCanary;
  /** Absent = requests are not to be joined, or the agent does not tell it. */
  batching?: ObservedBatching;
  /** Of its processor's and check's files that are needed now, those that were not here, and who gave them; at most MAX_FETCHED_FILES. Absent where an agent does not tell it. */
  fetchedFiles?: { digest: string; from: GivenBytes[] }[];
};
/** Why requests that are to be joined are not, where they are not. `padding`: why there is none, where there is none, and of how many buckets a padded batch was compared with its requests alone and
 * found equal; null = nothing is to be padded. */
export type ObservedBatching = { problem: string | null; padding: { problem: string | null; equalBuckets: number } | null };
export const MAX_FETCHED_FILES = 32;
/** Bytes of artifacts that came over the network, also those that came in vain. */
export type GivenBytes = { nodeId: string | null; bytes: number };
export const MAX_GIVERS = 64;
/** What a node's cache holds of an artifact and has verified: first byte, and the one after the last; ascending, neighbours joined. */
export type HeldArtifact = { digest: string; ranges: [start: number, end: number][] };
/** Of one node, together. What is more is not told: a move is then said to take more than it does. */
export const MAX_HELD_ARTIFACTS = 500;
export const MAX_HELD_RANGES = 4_000;
/** Since the trial began at this ingress. `windows`: the last complete ones, oldest first, at most 3: each at least 5 s and 10 requests. `shadowWindows`: so of copies; absent where an agent does not tell them. */
export type ObservedCanary = { epoch: number; requests: number; failed: number; windows: CanaryWindow[]; shadows: { equal: number; different: number; failed: number; skipped: number }; maxRelError: number; shadowWindows?: { equal: number; different: number; failed: number }[] };
export type CanaryWindow = { requests: number; failed: number; latencyMsP99: number | null };
export type ObservedPipeline = { epoch: number; linked: boolean; inFlight: number; /** Open streams, which `inFlight` counts too. Absent where an agent does not tell them. */ streams?: number; /** Why the last of its streams that was to move did not. */ streamProblem?: string; /** As of a lane. */ refusedBy?: string[]; replica?: number; /** Of one of several replicas, since the ingress has it: requests it answered, refused with an error, lost when it broke. */ counts?: { answered: number; failed: number; lost: number } };
export type ObservedMeasure = {
  taskId: string; modelId: string; state: "fetching" | "running" | "done" | "failed";
  /** What went wrong; with "fetching" what it waits for, which then takes nothing of the machine. */
  message: string | null; result: MeasuredProfile | null;
};
/** Times of one whole run at the deployed optimisation level, from ORT's own profile. Fused ops carry the names ORT gave them. */
export type MeasuredProfile = {
  deviceClass: string; ortVersion: string; session: SessionOptions; runs: number;
  /** Median and standard deviation of whole runs, milliseconds, profiling off. */
  wholeMs: number; wholeSdMs: number; loadMs: number; residentBytes: number;
  /** Median ms per executed op, profiling on; `sdMs`: a robust standard deviation of its runs, absent where an agent does not tell it. */
  ops: { name: string; opType: string; ms: number; sdMs?: number }[];
  /** Tenth and ninetieth percentile of whole runs. */
  wholeP10Ms?: number; wholeP90Ms?: number;
  /** Median by the clock. Where times above count by the processor (one thread, a core or more), more than those: other work held the cores meanwhile. */
  wholeClockMs?: number;
  agentVersion?: string;
  /** What the measuring process held with the whole loaded and run: a stage has a worker and its frames beside that. */
  processBytes?: number;
  /** Of the task's segments that were reached: median, and the median of the whole's runs in between. */
  segments?: { segmentId: string; ms: number; sdMs: number; wholeMs: number; runs: number }[];
};

/** Event "report": what changed at once, everything else at 1 Hz. Absent field = unchanged since the last report of this connection. */
export type Report = {
  /** Grows by one per report of this boot. */
  seq: number; at: string; bootId: string; cursor: number;
  assignments?: ObservedAssignment[];
  ingress?: ObservedIngress[];
  measures?: ObservedMeasure[];
  /** All that its cache holds; absent also where an agent does not tell it. */
  held?: HeldArtifact[];
  links?: LinkSample[]; /** Absent also where an agent does not tell it. */ losses?: LinkLosses;
  sample?: NodeSample;
  /** Cores its processes may use, at once when they changed; with each first report of a connection. Absent also where an agent does not tell it. */
  coresNow?: number;
  /** With samples, at most MAX_KEY_COUNTS. */
  keyCounts?: KeyCount[];
  notices?: Notice[];
};
/** One line for the console's event feed and the agent's log. */
export type Notice = { at: string; level: "info" | "warn" | "error"; code: string; message: string; assignmentId?: string; deploymentId?: string };

export type NodeSample = {
  /** Share of this node's cores in use, 0–1, and of the agent with its stages, in cores. */
  cpuRatio: number; agentCpuCores: number;
  memoryUsedBytes: number; agentRssBytes: number; /** As this process may use it, a limit of its cgroup counted in. Absent where an agent does not tell it. */ memoryAvailableBytes?: number;
  /** Cores this process may use now: quotas change. Absent where an agent does not tell it. */
  coresNow?: number;
  /** Rounds of a fixed small computation per millisecond of the clock; taken now and then, and only while no stage of this node serves. */
  idlePace?: number;
  /** Taken every other second; absent in between, and where an agent does not tell it. */
  thermal?: Thermal;
  stages: StageSample[];
  ingress: IngressSample[];
};
/** Of the interval since the last sample. Times are milliseconds. */
export type StageSample = {
  assignmentId: string; deploymentId: string; epoch: number; stageIndex: number;
  done: number; failed: number; queueLength: number;
  computeMsP50: number | null; computeMsP99: number | null; queueMsP50: number | null;
  /** Received from upstream and sent downstream. */
  receivedBytes: number; sentBytes: number;
  upstreamNodeIds: string[];
};
export type IngressSample = {
  deploymentId: string; epoch: number | null;
  accepted: number; succeeded: number; failed: number; inFlight: number;
  /** As clients wait, what a processor takes in it. */ latencyMsP50: number | null; latencyMsP99: number | null; /** Without that: what a plan predicts. Absent = latencyMsP50 is it: nothing went through a processor, or the agent's latencies leave it out. */ pipelineMsP50?: number | null;
  /** By error code; those of requests refused for a mistake of their sender's own too, which are in none of the counts above. */
  errors: Record<string, number>;
  /** Most recent finished request of the interval, across its stages. */
  trace: RequestTrace | null;
  /** Some finished requests of the interval: failed, slowest and newest ones, at most MAX_RECENT_REQUESTS. Absent = the agent tells none. */
  recent?: RequestTrace[];
  /** Of a route with batching; absent also where an agent does not tell it. */
  runs?: RunSums;
};
/** Sums over the interval's runs of the pipeline, each of one request or a batch: its items, its slowest part (a stage's computing, or a frame from first to last byte) and its whole way without waiting
 * in a queue. `problem`: why requests are not joined though they are to be; absent = they are. */
export type RunSums = { count: number; items: number; slowestMs: number; passMs: number; problem?: string };
export const MAX_RECENT_REQUESTS = 10;
/** All times are milliseconds. What is optional is absent where an agent on the way does not tell it. */
export type RequestTrace = {
  requestId: string; startedAt: string; totalMs: number; ok: boolean; errorCode: string | null;
  stages: { stageIndex: number; nodeId: string; queueMs: number; computeMs: number; receivedBytes: number; times?: StageTimes }[];
  errorMessage?: string;
  /** How often it was sent; more than 1 = a pipeline broke or refused it. */
  attempts?: number;
  /** The first of its attempts that ended without an answer: of which epoch, how long after it was accepted, and why. */
  tries?: { epoch: number; replica?: number; endedMs: number; errorCode: string }[];
  epoch?: number;
  /** Which replica answered, where there are several. */ replica?: number;
  /** From accepted to handed to the connection to stage 0, of the attempt that was answered. By the ingress's clock, as is totalMs. */
  sendMs?: number;
  /** The trace it belongs to (W3C Trace Context): ids in hex; `parentSpanId` null = it began at the ingress. Absent = none. */
  context?: { traceId: string; spanId: string; parentSpanId: string | null; sampled: boolean };
  /** The hop back to the ingress. */
  answer?: { receiveMs: number; roundTripMs: number | null; bytes: number };
  /** What the model's processor took of it: `pre` until it was tensors, `post` to make the answer of the outputs; of many steps the first has the one and the last the other. In totalMs, and in nothing else
   * that is told here. Absent = it came as tensors. */
  processor?: { pre?: ProcessorTimes; post?: ProcessorTimes };
};
/** `waitMs`: for the processor's thread, the way there and back in it; `tookMs`: on it. */
export type ProcessorTimes = { waitMs: number; tookMs: number };
/** Measured by this node towards a peer, by probe frames over a mutual-TLS data connection. */
export type LinkSample = { toNodeId: string; at: string; rttMs: number; rttSdMs: number; bandwidthBytesPerSecond: number | null; error: string | null; /** Round trips behind the figures. Absent = not told. */ rounds?: number };
