// Owns every event's name and payload, and the samples of the live feed. Types and constants only: the browser reads it too.
import type { LoadProgress } from "../loadgen/method/load-progress.ts";
import type { FrontFigures, SearchProgress } from "../planner/plan.ts";
import type { LinkSpread } from "../topology/topology.ts";
import type { NodeSample, ObservedAssignment, ObservedIngress, RequestTrace } from "../../agents/protocol/control.ts";

export type EventPayloads = {
  "model.imported": { modelId: string; name: string; layers: number; legalCuts: number };
  "model.refused": { fileName: string; code: string; place: string | null };
  "model.changed": { modelId: string; name: string };
  "model.deleted": { modelId: string; name: string };
  "profile.measured": { modelId: string; nodeId: string; wholeMs: number };
  "topology.saved": { topologyId: string; revision: number };
  "topology.deleted": { topologyId: string };
  "node.enrolled": { nodeId: string; name: string };
  "node.approved": { nodeId: string; name: string };
  "node.online": { nodeId: string; bootId: string };
  "node.late": { nodeId: string; silentMs: number };
  "node.lost": { nodeId: string; silentMs: number };
  "node.changed": { nodeId: string };
  "node.notice": { nodeId: string; level: "info" | "warn" | "error"; code: string };
  "node.removed": { nodeId: string };
  "plan.created": { planId: string; modelId: string; topologyId: string };
  "plan.checked": { planId: string; status: string; maxRelError: number | null };
  "deployment.created": { deploymentId: string };
  "deployment.stopped": { deploymentId: string };
  "deployment.resumed": { deploymentId: string };
  "deployment.serving": { deploymentId: string };
  "deployment.adaptation": { deploymentId: string; mode: string };
  "deployment.decided": { deploymentId: string; decisionId: string; verdict: string; outcome: string };
  "migration.started": { deploymentId: string; migrationId: string; toRevisionId: string };
  "migration.step": { deploymentId: string; migrationId: string; from: string; to: string };
  "migration.promoted": { deploymentId: string; migrationId: string };
  "migration.cancelling": { deploymentId: string; migrationId: string };
  "migration.finished": { deploymentId: string; migrationId: string; outcome: "done" | "rolled-back" | "cancelled"; /** Over the network, predicted when it began and told by agents; null = not known. */ movedBytes: number | null; predictedBytes: number | null; /** Of one that paused the deployment; null = it turned back before. */ pausedMs?: number | null; predictedPauseMs?: number };
  "assignment.changed": { nodeId: string; deploymentId: string; assignmentId: string; state: string };
  "console.leads": { consoleId: string; term: number; /** How the lead of the one before ended. */ after: "stopped" | "lost" };
  "credential.created": { credentialId: string; kind: string; deploymentId: string | null };
  "credential.revoked": { credentialId: string; kind: string; deploymentId: string | null };
  "credential.changed": { credentialId: string; kind: string; deploymentId: string | null };
  "credential.exhausted": { credentialId: string; kind: string; deploymentId: string | null };
  "join-token.created": { joinTokenId: string };
  "join-token.revoked": { joinTokenId: string };
  "operation.changed": { operationId: string; kind: string; subjectId: string; status: string };
};
export type EventName = keyof EventPayloads;

/** The part of a name before its first dot. */
export const EVENT_KINDS = ["node", "assignment", "deployment", "migration", "plan", "model", "profile", "topology", "operation", "credential", "join-token", "console"] as const;
export type EventKind = (typeof EVENT_KINDS)[number];
export const EVENT_SEVERITIES = ["info", "warn", "error"] as const;
export type EventSeverity = (typeof EVENT_SEVERITIES)[number];
/** What makes an event more than information: its name, or its name with what its payload says. The store asks the database by the same rules. */
export const SEVERITY_RULES: readonly { severity: Exclude<EventSeverity, "info">; name: EventName; field?: string; values?: readonly string[] }[] = [
  { severity: "error", name: "node.lost" },
  { severity: "error", name: "model.refused" },
  { severity: "error", name: "node.notice", field: "level", values: ["error"] },
  { severity: "error", name: "migration.finished", field: "outcome", values: ["rolled-back"] },
  { severity: "error", name: "assignment.changed", field: "state", values: ["failed"] },
  { severity: "error", name: "operation.changed", field: "status", values: ["failed"] },
  { severity: "error", name: "plan.checked", field: "status", values: ["different", "failed"] },
  { severity: "warn", name: "node.late" },
  { severity: "warn", name: "node.notice", field: "level", values: ["warn"] },
  { severity: "warn", name: "credential.exhausted" },
  { severity: "warn", name: "migration.cancelling" },
  { severity: "warn", name: "console.leads", field: "after", values: ["lost"] },
  { severity: "warn", name: "migration.finished", field: "outcome", values: ["cancelled"] },
  { severity: "warn", name: "operation.changed", field: "status", values: ["cancelled"] },
];

/** An event as stored and as sent to browsers. `seq` orders them without gaps in visibility: replaying from N misses nothing. */
export type StoredEvent<N extends EventName = EventName> = {
  seq: number; at: string; name: N; subjectId: string; actor: string;
  /** One sentence: what happened and why. */
  message: string;
  payload: EventPayloads[N];
};

// ───────────── the browser's live feed: Socket.io namespace /live ─────────────
// client → server  "follow" {afterSeq: number | null} acknowledged with {headSeq}; then server → client:
//   "event"   StoredEvent            every event after afterSeq, in order, then as they happen
//   "consoles" OtherConsole[]         the others on the same database, and again when one came or went
//   "samples" LiveSamples            1 Hz, coalesced, only what changed; the first after "follow" is whole
//   "progress" OperationProgress     long operations, at most 4 Hz each

/** Where a page goes on when the console it came from does not answer. */
export type OtherConsole = { url: string; hostname: string };
export type LiveSamples = {
  at: string;
  nodes: Record<string, LiveNodeSample>;
  /** Key "fromNodeId>toNodeId". */
  links: Record<string, LiveLinkSample>;
  deployments: Record<string, LiveDeploymentSample>;
};
export type LiveNodeSample = {
  status: "online" | "connecting" | "late" | "lost"; lastSeenAt: string;
  sample: NodeSample | null;
  assignments: ObservedAssignment[];
  ingress: ObservedIngress[];
};
export type LiveLinkSample = { rttMs: number; rttSdMs: number; bandwidthBytesPerSecond: number | null; /** Traffic of our frames right now. */ bytesPerSecond: number; measuredAt: string; error: string | null; spread?: LinkSpread };
export type LiveDeploymentSample = {
  requestsPerSecond: number; errorsPerSecond: number; inFlight: number;
  /** As clients wait for it, what a model's processor takes in it. */
  latencyMsP50: number | null; latencyMsP99: number | null;
  /** Without what a processor takes: what `predictedLatencyMs` is held against. */
  pipelineMsP50: number | null;
  /** Of the running plan, without what a processor takes; null while none runs. */
  predictedLatencyMs: number | null;
  epoch: number | null;
  trace: RequestTrace | null;
  /** When an ingress of it was last heard of, by the console's clock; null = never yet. */
  toldAt: string | null;
};
export type OperationProgress = { operationId: string; step: string; done: number; total: number; unit: "bytes" | "items" | ""; detail: string; search?: SearchProgress; /** Of a search for plans to choose from: those found so far, lowest latency first. */ front?: FrontFigures[]; load?: LoadProgress };
