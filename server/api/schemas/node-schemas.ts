// Owns the API's description of nodes and of what they report.
import { z } from "zod";
import { ASSIGNMENT_STATES, type Hardware, type NodeSample, type ObservedAssignment, type ObservedIngress } from "../../../agents/protocol/control.ts";
import { LOG_LEVELS, type LogPage } from "../../../agents/protocol/log-page.ts";
import { PREFLIGHT_KEYS } from "../../policy/preflight.ts";
import { sessionOptions } from "./tensor-schemas.ts";

export const hardware: z.ZodType<Hardware, Hardware> = z
  .object({
    hostname: z.string(),
    platform: z.string(),
    arch: z.string(),
    cpuModel: z.string(),
    cores: z.number(),
    memoryBytes: z.number(),
    memoryAvailableBytes: z.number(),
    diskFreeBytes: z.number(),
    providers: z.array(z.string()),
    deviceClass: z.string(),
    nodeVersion: z.string(),
    agentVersion: z.string(),
    ortVersion: z.string(),
    maxMemoryBytes: z.number().optional().meta({ description: "What its stages may take together, where its agent was told so; absent = what the machine has." }),
    machineId: z.string().optional().meta({ description: "The same for agents on one running machine; absent where its system does not tell it." }),
  })
  .meta({ id: "Hardware" });

export const observedAssignment: z.ZodType<ObservedAssignment, ObservedAssignment> = z
  .object({
    assignmentId: z.string(),
    segmentId: z.string(),
    state: z.enum(ASSIGNMENT_STATES),
    bytesDone: z.number(),
    bytesTotal: z.number(),
    bytesPerSecond: z.number(),
    loadMs: z.number().nullable(),
    warmMs: z.number().nullable(),
    residentBytes: z.number().nullable(),
    restarts: z.number(),
    lanes: z.array(z.object({ laneId: z.string(), epoch: z.number(), upstreamLinked: z.boolean(), inFlight: z.number() })),
    error: z.object({ code: z.string(), message: z.string(), retryAt: z.string().nullable() }).nullable(),
    processBytes: z.number().nullable().optional().meta({ description: "Most that its whole process was seen to hold since it was ready." }),
    running: z.object({ session: sessionOptions, inline: z.boolean() }).nullable().optional().meta({ description: "How its session was made, and whether it runs on the process's own thread; null = none is loaded." }),
  })
  .meta({ id: "ObservedAssignment" });

export const observedIngress: z.ZodType<ObservedIngress, ObservedIngress> = z
  .object({
    deploymentId: z.string(),
    currentEpoch: z.number().nullable(),
    url: z.string(),
    pipelines: z.array(z.object({ epoch: z.number(), linked: z.boolean(), inFlight: z.number(), replica: z.number().optional(), counts: z.object({ answered: z.number(), failed: z.number(), lost: z.number() }).optional() })),
    verify: z.object({ taskId: z.string(), state: z.enum(["running", "passed", "failed"]), maxRelError: z.number().nullable(), message: z.string().nullable() }).nullable(),
    error: z.string().nullable(),
  })
  .meta({ id: "ObservedIngress" });

export const nodeRowShape = {
  id: z.string(),
  name: z.string(),
  status: z.enum(["online", "connecting", "late", "lost"]).meta({ description: "Online: connected to this console now. Connecting: not, or not yet since the console started." }),
  cordoned: z.boolean(),
  approvedAt: z.iso.datetime().nullable().meta({ description: "Null: it waits for approval, and gets no model and no stage before." }),
  approvedBy: z.string().nullable(),
  hardware: hardware.nullable().meta({ description: "Null until it connected for the first time." }),
  agentVersion: z.string(),
  lastSeenAt: z.iso.datetime().nullable(),
  enrolledAt: z.iso.datetime(),
  certificateExpiresAt: z.iso.datetime(),
  assignments: z.array(observedAssignment),
  ingress: z.array(observedIngress),
  reservedBytes: z.number().meta({ description: "Memory of the segments assigned to it." }),
};
export const nodeRow = z.object(nodeRowShape).meta({ id: "NodeRow" });

export const preflightCheck = z
  .object({ key: z.enum(PREFLIGHT_KEYS), title: z.string(), status: z.enum(["ok", "warn", "bad", "waiting"]), message: z.string(), fix: z.string().nullable() })
  .meta({ id: "PreflightCheck" });

export const joinTokenRow = z
  .object({ id: z.string(), nodeName: z.string().nullable(), createdAt: z.iso.datetime(), expiresAt: z.iso.datetime(), usedAt: z.iso.datetime().nullable(), usedByNodeId: z.string().nullable(), needsApproval: z.boolean() })
  .meta({ id: "JoinTokenRow" });

const stageSample: z.ZodType<NodeSample["stages"][number], NodeSample["stages"][number]> = z
  .object({
    assignmentId: z.string(),
    deploymentId: z.string(),
    epoch: z.number(),
    stageIndex: z.number(),
    done: z.number(),
    failed: z.number(),
    queueLength: z.number(),
    computeMsP50: z.number().nullable(),
    computeMsP99: z.number().nullable(),
    queueMsP50: z.number().nullable(),
    receivedBytes: z.number(),
    sentBytes: z.number(),
    upstreamNodeIds: z.array(z.string()),
  })
  .meta({ id: "StageSample" });

export const linkMetricRow = z.object({ at: z.iso.datetime(), rttMs: z.number(), bandwidthBytesPerSecond: z.number().nullable(), bytesPerSecond: z.number() }).meta({ id: "LinkMetricRow" });
export const nodeMetricRow = z
  .object({ at: z.iso.datetime(), cpuRatio: z.number(), memoryUsedBytes: z.number(), agentRssBytes: z.number(), agentCpuCores: z.number().nullable(), queueLength: z.number().nullable().meta({ description: "Frames that wait, over all stages." }), stages: z.array(stageSample) })
  .meta({ id: "NodeMetricRow" });

export const logPage: z.ZodType<LogPage, LogPage> = z
  .object({
    bootId: z.string().meta({ description: "Another one: the agent was started anew, and its lines count from 1 again." }),
    lines: z.array(z.object({ seq: z.number(), at: z.string(), level: z.enum(LOG_LEVELS), code: z.string(), message: z.string() })),
    firstSeq: z.number().meta({ description: "Oldest line still kept by the agent." }),
    nextSeq: z.number().meta({ description: "The afterSeq of the next request." }),
    headSeq: z.number().meta({ description: "Newest line." }),
  })
  .meta({ id: "LogPage" });
