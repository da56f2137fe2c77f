// Stands in for the router's type until it lands.
import { initTRPC } from "@trpc/server";
import type { Hardware, ObservedAssignment, ObservedIngress, ProcessorSpec, NodeSample } from "../agents/protocol/control.ts";
import type { ModelFacts } from "../server/model/model.ts";
import type { Profile } from "../server/model/profile.ts";
import type { LiveLink, LiveNode, TopologyDocument, TopologyLayout } from "../server/topology/topology.ts";
import type { Estimate, Infeasible, Objective, Parity, Placement, Plan, PlanDiff, Refusal } from "../server/planner/plan.ts";
import type { StoredEvent } from "../server/events/catalogue.ts";

type Operation = { id: string; kind: string; subjectId: string; status: "running" | "succeeded" | "failed" | "cancelled"; progress: { step: string; done: number; total: number; unit: string; detail: string }; result: unknown; error: { code: string; message: string; fix: string | null } | null; createdAt: string; createdBy: string; finishedAt: string | null };
type ModelRow = { id: string; name: string; status: string; origin: string; bytes: number; opCount: number; layerCount: number; legalCutCount: number; parameterCount: number; noCutReason: string | null; processorKind: string | null; createdAt: string };
type Topology = { id: string; name: string; revision: number; document: TopologyDocument; layout: TopologyLayout; followsFleet: boolean; updatedAt: string; live: { nodes: LiveNode[]; links: LiveLink[] }; issues: { code: string; message: string; fix: string | null; nodeId?: string; linkId?: string }[] };
type NodeRow = { id: string; name: string; status: "online" | "late" | "lost"; cordoned: boolean; hardware: Hardware; agentVersion: string; lastSeenAt: string | null; enrolledAt: string; certificateExpiresAt: string; assignments: ObservedAssignment[]; ingress: ObservedIngress[]; reservedBytes: number };
type PlanRow = { id: string; hash: string; modelId: string; topologyId: string; topologyRevision: number; revision: number; plan: Plan; parity: Parity; createdAt: string; createdBy: string; deployedIn: { deploymentId: string; name: string; revision: number; current: boolean }[] };
type MigrationRow = { id: string; fromRevisionId: string | null; toRevisionId: string; state: string; stateSince: string; cancelRequested: boolean; cancellable: boolean; reason: string; error: string | null; operationId: string | null; startedAt: string; startedBy: string; finishedAt: string | null; decisions: unknown; nodes: { nodeId: string; assignmentId: string; segmentId: string; state: string; bytesDone: number; bytesTotal: number; bytesPerSecond: number }[] };
type DeploymentRow = { id: string; name: string; modelId: string; modelName: string; topologyId: string; topologyName: string; desired: string; status: "starting" | "live" | "moving" | "degraded" | "stopped" | "failed"; statusReason: string | null; currentRevision: { id: string; number: number; planId: string; epoch: number } | null; migration: MigrationRow | null; ingress: { nodeId: string; url: string; ready: boolean }[]; predictedLatencyMs: number | null; createdAt: string };
type Id = { id: string };
const t = initTRPC.create();
const q = <I, O>() => t.procedure.input((x: unknown) => x as I).query(() => null as O);
const m = <I, O>() => t.procedure.input((x: unknown) => x as I).mutation(() => null as O);
type Op = { operation: Operation };
const router = t.router({
  system: t.router({ info: q<void, { version: string; startedAt: string; database: "embedded" | "external"; dataFolder: string; agentEndpoint: { host: string; port: number }; demo: boolean; consoleUrl: string; secure: boolean }>() }),
  models: t.router({
    list: q<void, ModelRow[]>(), get: q<Id, ModelRow & { facts: ModelFacts; processor: ProcessorSpec | null; processorFiles: { name: string; digest: string; bytes: number }[]; deployments: { id: string; name: string }[] }>(),
    profiles: q<Id, (Profile & { id: string; nodeId: string | null; nodeName: string | null })[]>(), rename: m<Id & { name: string }, unknown>(), setProcessor: m<Id & { processor: ProcessorSpec | null; files?: { name: string; digest: string }[] }, unknown>(),
    measure: m<Id & { nodeIds?: string[] }, Op>(), delete: m<Id, unknown>(),
  }),
  topologies: t.router({
    list: q<void, { id: string; name: string; revision: number; nodeCount: number; linkCount: number; followsFleet: boolean; updatedAt: string }[]>(), get: q<Id, Topology>(),
    create: m<{ name: string; document?: TopologyDocument; layout?: TopologyLayout }, Topology>(), save: m<Id & { baseRevision: number; document: TopologyDocument }, Topology>(), saveLayout: m<Id & { layout: TopologyLayout }, unknown>(), rename: m<Id & { name: string }, unknown>(), delete: m<Id, unknown>(),
  }),
  nodes: t.router({
    list: q<void, NodeRow[]>(), get: q<Id, NodeRow & { links: LiveLink[] }>(), createJoinToken: m<{ nodeName?: string; expiresInSeconds?: number }, { id: string; token: string; expiresAt: string; command: string; agentCommand: string }>(),
    listJoinTokens: q<void, { id: string; nodeName: string | null; createdAt: string; expiresAt: string; usedAt: string | null; usedByNodeId: string | null }[]>(), revokeJoinToken: m<Id, unknown>(),
    rename: m<Id & { name: string }, unknown>(), cordon: m<Id, unknown>(), uncordon: m<Id, unknown>(), remove: m<Id, unknown>(), metrics: q<Id & { minutes?: number }, { at: string; cpuRatio: number; memoryUsedBytes: number; agentRssBytes: number; stages: NodeSample["stages"] }[]>(),
  }),
  plans: t.router({
    preview: m<{ modelId: string; topologyId: string; placement: Placement }, { estimate: Estimate | null; refusals: Refusal[]; diff: PlanDiff | null }>(),
    solve: m<{ modelId: string; topologyId: string; objective: Objective; minStages?: number; deploymentId?: string }, { placement: Placement; estimate: Estimate; origin: Plan["origin"]; explanation: string[] } | Infeasible>(),
    create: m<{ modelId: string; topologyId: string; placement: Placement; origin?: Plan["origin"] }, PlanRow>(), list: q<{ modelId?: string; topologyId?: string }, PlanRow[]>(), get: q<Id, PlanRow>(), diff: q<Id & { against: string }, PlanDiff>(),
  }),
  deployments: t.router({
    list: q<void, DeploymentRow[]>(), get: q<Id, DeploymentRow & { plan: PlanRow | null; revisions: { id: string; number: number; planId: string; epoch: number; createdAt: string; createdBy: string; reason: string; retiredAt: string | null }[]; needsKey: boolean }>(),
    create: m<{ name: string; planId: string; ingressNodeIds?: string[] }, { deployment: DeploymentRow; operation: Operation }>(), deployPlan: m<Id & { planId: string; expectedRevision?: number; reason?: string; dryRun?: boolean }, { operation: Operation | null; diff: PlanDiff }>(),
    cancelMigration: m<Id, unknown>(), rollBack: m<Id & { toRevision?: number }, Op>(), stop: m<Id, unknown>(), start: m<Id, unknown>(), delete: m<Id, unknown>(),
    metrics: q<Id & { minutes?: number }, { at: string; requestsPerSecond: number; errorsPerSecond: number; latencyMsP50: number | null; latencyMsP99: number | null; predictedLatencyMs: number | null }[]>(), createKey: m<Id & { name: string }, { key: string }>(),
  }),
  events: t.router({ list: q<{ afterSeq?: number; beforeSeq?: number; subjectId?: string; limit?: number }, { events: StoredEvent[]; headSeq: number }>() }),
  operations: t.router({ list: q<{ status?: Operation["status"] }, Operation[]>(), get: q<Id & { waitSeconds?: number }, Operation>(), cancel: m<Id, unknown>() }),
  credentials: t.router({ list: q<void, { id: string; name: string; createdAt: string; lastUsedAt: string | null }[]>(), create: m<{ name: string }, { id: string; token: string }>(), revoke: m<Id, unknown>() }),
});
export type AppRouter = typeof router;
