// Owns the API's description of deployments, their revisions and migrations.
import { z } from "zod";
import { MIGRATION_STATES } from "../../policy/snapshot.ts";
import type { RecentRequest } from "../../live/recent-requests.ts";
import { planRow } from "./plan-schemas.ts";

const moved = {
  predictedBytes: z.number().nullable().meta({ description: "That it would bring over the network, by what nodes held when it began; null = a segment was not made then." }),
  moved: z.array(z.object({ fromNodeId: z.string().nullable(), toNodeId: z.string(), bytes: z.number() })).nullable().meta({ description: "What it brought, and who gave it (null = the console). Null before the cutover, and where an agent does not tell it." }),
};
/** What a move brings over the network. */
export const movedShape = z.object(moved);

const part = z.object({ ms: z.number(), kind: z.enum(["measured", "estimated"]) });
/** How long nothing serves: predicted. */
export const pauseShape = {
  nodeIds: z.array(z.string()).meta({ description: "Nodes that can't hold both revisions." }),
  predicted: z.object({ ms: z.number(), kind: z.enum(["measured", "estimated", "mixed"]).meta({ description: "By what loads, first runs and steps of moves took in this fleet, or estimated." }), parts: z.object({ drain: part, unload: part, load: part, warm: part, verify: part }) }),
};
const drawnStages = z.array(z.object({ from: z.number().int(), to: z.number().int(), topologyNodeId: z.string() }));
/** How a running deployment would get to a plan. */
export const moveWay = z
  .object({
    way: z.enum(["beside", "hand-over", "pause", "none"]).meta({ description: "beside: both revisions are loaded at once. hand-over: step by step, serving all the while. pause: nothing serves for a while. none: it is refused." }),
    steps: z.array(z.array(drawnStages)).nullable().meta({ description: "Of a hand-over: stages of all replicas after each step." }),
    pause: z.object({ ...pauseShape, allowedMs: z.number() }).nullable().meta({ description: "Of a pause, also of one that is not allowed." }),
    said: z.string().meta({ description: "In a sentence." }),
    fix: z.string().nullable(),
  })
  .meta({ id: "MoveWay" });

export const migrationRow = z
  .object({
    id: z.string(),
    fromRevisionId: z.string().nullable(),
    toRevisionId: z.string(),
    toRevision: z.number().int().nullable().meta({ description: "Its number." }),
    state: z.enum(MIGRATION_STATES),
    stateSince: z.iso.datetime(),
    cancelRequested: z.boolean(),
    cancellable: z.boolean(),
    reason: z.string(),
    trial: z.string().nullable().meta({ description: "How the new revision does while it is tried, or watched once it has taken over, in a sentence; null = neither." }),
    error: z.object({ code: z.string(), message: z.string(), fix: z.string().nullable() }).nullable(),
    operationId: z.string(),
    startedAt: z.iso.datetime(),
    startedBy: z.string(),
    finishedAt: z.iso.datetime().nullable(),
    decisions: z.array(z.object({ at: z.string(), state: z.string(), action: z.string(), reason: z.string() })),
    handOver: z.object({ step: z.number().int(), of: z.number().int() }).nullable().meta({ description: "Which of the moves of a hand-over it is: its nodes can't hold both revisions at once, so it goes by revisions between. Null = it is one by itself." }),
    pause: z.object({ ...pauseShape, allowedMs: z.number(), measuredMs: z.number().nullable().meta({ description: "From the first request that waited until entries let requests in again, milliseconds; null = it has not ended, or not begun." }) }).nullable().meta({ description: "Of a move that pauses the deployment, because its nodes can't hold both revisions. Null = it serves all the while." }),
    ...moved,
    nodes: z.array(z.object({ nodeId: z.string(), assignmentId: z.string(), segmentId: z.string(), from: z.number(), to: z.number(), state: z.string(), bytesDone: z.number(), bytesTotal: z.number(), bytesPerSecond: z.number() })),
  })
  .meta({ id: "Migration" });

export const deploymentRowShape = {
  id: z.string(),
  name: z.string(),
  modelId: z.string(),
  modelName: z.string(),
  topologyId: z.string(),
  topologyName: z.string(),
  desired: z.enum(["running", "stopped"]),
  status: z.enum(["starting", "live", "moving", "degraded", "stopped", "failed"]),
  statusReason: z.string(),
  drift: z.array(z.string()).meta({ description: "Where what runs is not in the mode (threads, optimisation, provider) that the plan says, in sentences." }),
  currentRevision: z.object({ id: z.string(), number: z.number(), planId: z.string(), epoch: z.number() }).nullable(),
  migration: migrationRow.nullable().meta({ description: "The unfinished one, or the last one." }),
  ingress: z.array(z.object({ nodeId: z.string(), url: z.string(), ready: z.boolean(), batching: z.object({ problem: z.string().nullable(), padding: z.object({ problem: z.string().nullable(), equalBuckets: z.number() }).nullable() }).optional().meta({ description: "Where requests are to run together: why they do not; why they are not padded; and of how many shapes a padded batch was compared with its requests alone and found equal. Absent = they are not to." }) })),
  predictedLatencyMs: z.number().nullable(),
  predictedFrom: z.enum(["estimated", "measured", "mixed"]).nullable().meta({ description: "Whether the layer times and link figures behind the prediction were measured." }),
  createdAt: z.iso.datetime(),
};
export const deploymentRow = z.object(deploymentRowShape).meta({ id: "DeploymentRow" });

export const deploymentDetail = z
  .object({
    ...deploymentRowShape,
    plan: planRow.nullable(),
    revisions: z.array(z.object({ id: z.string(), number: z.number(), planId: z.string(), epoch: z.number(), createdAt: z.iso.datetime(), createdBy: z.string(), reason: z.string(), retiredAt: z.iso.datetime().nullable(), move: movedShape.nullable().meta({ description: "Of the migration to it." }) })),
    needsKey: z.boolean(),
    replicas: z
      .array(z.object({ number: z.number(), nodes: z.array(z.object({ id: z.string(), name: z.string() })), ready: z.boolean(), inFlight: z.number(), answered: z.number(), lost: z.number() }))
      .meta({ description: "Whole pipelines of the revision that serves, over all its ingresses. Ready: one of them is linked with it. Answered, lost (broken under way and sent elsewhere): since the ingresses have it; 0 of a single one." }),
    stopping: z
      .object({
        operationId: z.string(),
        step: z.enum(["drain", "retire"]),
        inFlight: z.number(),
        cancellable: z.boolean(),
        detail: z.string(),
        stages: z.array(z.object({ nodeId: z.string(), nodeName: z.string(), assignmentId: z.string(), from: z.number(), to: z.number(), state: z.enum(["drains", "unloads", "unloaded", "unknown"]), inFlight: z.number() })),
      })
      .nullable()
      .meta({ description: "How far the stop under way is; null = none is." }),
  })
  .meta({ id: "Deployment" });

const latencyMs = z.number().nullable().meta({ description: "As clients wait for it, what a model's processor takes in it. Null = no request was answered." });
const pipelineMs = z.number().nullable().meta({ description: "Median without what a processor takes, from tensors to tensors: what a plan predicts. Without a processor the same as latencyMsP50." });
export const deploymentMetricRow = z
  .object({ at: z.iso.datetime(), requestsPerSecond: z.number(), errorsPerSecond: z.number(), latencyMsP50: latencyMs, latencyMsP99: latencyMs, pipelineMsP50: pipelineMs, predictedLatencyMs: z.number().nullable() })
  .meta({ id: "DeploymentMetricRow" });

const roundTripMs = z.number().nullable().meta({ description: "Shortest recent ping round trip of the connection; half of it is what can be derived for the hop's latency." });
const processorTimes = z.object({ waitMs: z.number().meta({ description: "For the processor's thread." }), tookMs: z.number().meta({ description: "On it." }) });
const receiveMs = z.number().meta({ description: "First to last byte, by the receiver's clock." });
export const recentRequest: z.ZodType<RecentRequest, RecentRequest> = z
  .object({
    requestId: z.string(),
    ingressNodeId: z.string(),
    startedAt: z.string(),
    totalMs: z.number(),
    ok: z.boolean(),
    errorCode: z.string().nullable(),
    errorMessage: z.string().optional(),
    attempts: z.number().optional(),
    tries: z.array(z.object({ epoch: z.number(), replica: z.number().optional(), endedMs: z.number(), errorCode: z.string() })).optional().meta({ description: "The first attempts that ended without an answer: epoch, replica, how long after it was accepted, why." }),
    epoch: z.number().optional(),
    context: z.object({ traceId: z.string(), spanId: z.string(), parentSpanId: z.string().nullable(), sampled: z.boolean() }).optional().meta({ description: "The W3C trace it belongs to." }),
    replica: z.number().optional().meta({ description: "Which replica answered, from 1; absent = there is one pipeline." }),
    sendMs: z.number().optional().meta({ description: "From accepted to handed to the connection to the first stage, by the ingress's clock." }),
    stages: z.array(
      z.object({
        stageIndex: z.number(),
        nodeId: z.string(),
        queueMs: z.number(),
        computeMs: z.number(),
        receivedBytes: z.number(),
        times: z.object({ receiveMs, roundTripMs, holdMs: z.number().meta({ description: "Last byte in to result handed on, by the node's clock." }) }).optional(),
      }),
    ),
    answer: z.object({ receiveMs, roundTripMs, bytes: z.number() }).optional(),
    processor: z.object({ pre: processorTimes.optional(), post: processorTimes.optional() }).optional().meta({ description: "What the model's processor took, before the first segment and after the last; in totalMs. Absent = it came as tensors." }),
  })
  .meta({ id: "RecentRequest" });

const limit = z.number().int().min(1).optional();
const padding = z
  .object({
    dimensions: z.array(z.object({
      name: z.string().min(1).max(200).meta({ description: "Of a dynamic dimension, as the model names it." }),
      lengths: z.array(z.number().int().min(1).max(1_048_576)).max(64).default([]).meta({ description: "A request is padded to the next of them, and waits for those of the same; one longer than all is not padded. Empty = to the longest it runs with." }),
    })).min(1).max(8),
    values: z.array(z.object({ input: z.string().min(1).max(200), value: z.number() })).min(1).max(64).meta({ description: "What is filled in, for every input that has one of the dimensions: often 0, also for a mask." }),
  })
  .nullable()
  .meta({ description: "Requests of different lengths run together, filled up to one length; outputs are cut back along the dimensions of the same names. You declare by it that the model does not see the padding: the first padded batch of each bucket also runs one by one and is compared; if answers differ, nothing is padded any more." });
const batching = z
  .object({
    maxSize: z.number().int().min(2).max(1024).meta({ description: "Items along the batch dimension that run together at most." }),
    maxDelayMs: z.number().min(0).max(1000).default(0).meta({ description: "A request waits so long for others to join it." }),
    preferredSizes: z.array(z.number().int().min(2).max(1024)).max(16).default([]).meta({ description: "Sizes that go at once when they are reached." }),
    whenNeeded: z.boolean().optional().meta({ description: "true: each request runs alone until adaptation finds that more come than are carried, or that the SLO's budget burns because they wait; then as many together as is measured to gain, within these limits, and each alone again when few come. Observe: only recorded; suggest: once a person accepts. Absent = together at all times." }),
    maxQueues: z.number().int().min(1).max(64).optional().meta({ description: "Requests of so many shapes wait each in a queue of their own, those of others in the last one. Absent = 1: the first decides what all wait for." }),
    padding: padding.optional(),
  })
  .nullable()
  .meta({ description: "Requests that come together run together. The first batch is also run one by one and compared; a model whose answers differ then runs each alone." });
export const keyLimits = z
  .object({ requestsPerSecond: z.number().min(0.001).max(1e6), burst: z.number().int().min(1).max(1e6), maxInFlight: z.number().int().min(1).max(65_536) })
  .nullable()
  .meta({ description: "Of each key at each ingress; what is more is answered 429 with Retry-After." });
const count = z.number().int().min(1);
const share = z.number().min(0).max(1);
const canary = z
  .object({
    share, shadowShare: share, maxErrorRatio: share, maxLatencyMsP99: z.number().min(0.001).max(3_600_000).nullable(),
    maxDifferentRatio: share.nullable().optional().meta({ description: "Of compared copies, how many may be answered otherwise. null = any number: for a model with chance in it, which differs from itself. Absent = 0.01." }),
    watchMs: z.number().int().min(0).max(3_600_000).optional().meta({ description: "So long after it was promoted and took over the new revision is held to the same bounds, while the old one stands by and takes its place beyond them; 0 = not. Absent = 60000." }),
  })
  .nullable()
  .meta({ description: "How a revision that is deployed is tried before it takes over: its share of requests (0 = none, it only stands by), the share of others that it gets copies of, and what ends the trial: more than `maxErrorRatio` of its requests, or of its copies, failing, too many copies answered otherwise, or a slow p99, in three windows one after the other. `maxLatencyMsP99` null = the latency that the revision's plan was asked to keep to, where that is for a quantile of 0.99 or above, else no bound. null = it takes over at once." });

const streams = z.object({
  policy: z.enum(["move", "finish"]).meta({ description: "move: to the new revision at once, each stream with its state, between two of its steps; finish: they stay until they end." }),
  limitMs: z.number().int().min(0).max(7 * 86_400_000).meta({ description: "A revision that was left is kept so long for them. Then those that were to finish move; what cannot move ends with an error that says why. A move with a pause waits so long for them to end before it pauses, whatever the policy." }),
  maxStateBytes: z.number().int().min(1).max(2 ** 40).meta({ description: "State of all streams together at each stage; a stream that finds no room is refused with stream_limit." }),
}).meta({ description: "Of streams (sequence_id) of a model with state when their revision is left." });

export const servingSettings = z
  .object({ batching, keyLimits, canary, streams, limits: z.object({ maxInFlight: count, defaultDeadlineMs: count, maxDeadlineMs: count }) })
  .meta({ id: "ServingSettings" });
export const servingChange = { batching: batching.optional(), keyLimits: keyLimits.optional(), canary: canary.optional(), streams: streams.partial().optional(), limits: z.object({ maxInFlight: limit, defaultDeadlineMs: limit, maxDeadlineMs: limit }).optional() };

export const deploymentSettings = z
  .object({
    session: z.object({ intraOpThreads: z.number().int().min(1).max(256).optional(), optimization: z.enum(["disabled", "basic", "extended", "all"]).optional() }).optional(),
    limits: z.object({ maxInFlight: limit, maxRequestBytes: limit, defaultDeadlineMs: limit, maxDeadlineMs: limit, queueLength: limit, maxFrameBytes: limit }).optional(),
    batching: batching.optional(),
    keyLimits: keyLimits.optional(),
    streams: streams.partial().optional(),
  })
  .meta({ id: "DeploymentSettings" });
