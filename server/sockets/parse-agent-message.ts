// Owns what is believed of an agent's messages: shapes, lengths and ranges. An agent may lie or be broken; past here every field has its type and
// every list its bound.
import { z } from "zod";
import { ASSIGNMENT_STATES, type Hello, MAX_FETCHED_FILES, MAX_GIVERS, MAX_HELD_ARTIFACTS, MAX_HELD_RANGES, MAX_MEASURE_SEGMENTS, MAX_RECENT_REQUESTS, type Report } from "../../agents/protocol/control.ts";
import { LOG_LEVELS, type LogPage, MAX_LOG_LINES_PER_PAGE } from "../../agents/protocol/log-page.ts";
import { MAX_METRICS_CHARS, type MetricsPage } from "../../agents/protocol/metrics-page.ts";
import { MAX_KEY_COUNTS } from "../../agents/protocol/own-key.ts";
import { REPOSITORY_ACTIONS, type RepositoryCall } from "../../agents/protocol/repository-call.ts";
import { agentHardware, deviceClass } from "../commands/agent-hardware.ts";
import { agentText } from "../commands/agent-text.ts";

/** Stages, ingresses or measurements of one node. */
const MAX_ITEMS = 256;
const MAX_LANES = 64;
const MAX_LINKS = 128;
const MAX_NOTICES = 64;
/** Executed ops in a measured profile: the largest models have tens of thousands. */
const MAX_OPS = 200_000;

const id = agentText(80);
const text = agentText(2_000);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const amount = z.number().min(0).max(1e18);
const amountOrNull = amount.nullable();
const time = agentText(40);
/** Versions of desired documents are 32-bit integers; below the last ones there is room to raise what an agent claims to have seen. */
const MAX_VERSION = 2_147_483_647;
const MAX_CLAIMED_VERSION = 2_000_000_000;
/** Kinds of errors an ingress counts; the protocol has some twenty. */
const MAX_ERROR_CODES = 64;

const hello = z.object({
  controlVersion: count, agentVersion: id, bootId: id.refine((value) => value !== "", "is empty"), cursor: z.number().int().min(0).max(MAX_CLAIMED_VERSION), hardware: agentHardware,
  dataHost: agentText(255), dataPort: z.number().int().min(0).max(65_535),
});

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const given = z.array(z.object({ nodeId: id.nullable(), bytes: amount })).max(MAX_GIVERS);
const held = z.array(z.object({ digest, ranges: z.array(z.tuple([count, count])).max(MAX_HELD_RANGES) })).max(MAX_HELD_ARTIFACTS)
  .refine((all) => all.reduce((sum, one) => sum + one.ranges.length, 0) <= MAX_HELD_RANGES, `has more than ${MAX_HELD_RANGES} ranges`);
const session = z.object({ intraOpThreads: count, optimization: z.enum(["disabled", "basic", "extended", "all"]), provider: z.literal("cpu") });
const someNodes = z.array(id).max(MAX_LANES).optional();
const lane = z.object({ laneId: id, epoch: count, upstreamLinked: z.boolean(), inFlight: count, refusedBy: someNodes, unlinkedFrom: someNodes });
const assignment = z.object({
  assignmentId: id, segmentId: id, state: z.enum(ASSIGNMENT_STATES),
  bytesDone: amount, bytesTotal: amount, bytesPerSecond: amount, bytesMoved: amount.optional(), bytesFrom: given.optional(),
  loadMs: amountOrNull, warmMs: amountOrNull, residentBytes: amountOrNull, restarts: count,
  lanes: z.array(lane).max(MAX_LANES),
  error: z.object({ code: id, message: text, retryAt: time.nullable() }).nullable(),
  processBytes: amountOrNull.optional(),
  running: z.object({ session, inline: z.boolean() }).nullable().optional(),
});
const ingress = z.object({
  deploymentId: id, currentEpoch: count.nullable(), url: agentText(500),
  pipelines: z.array(z.object({ epoch: count, linked: z.boolean(), inFlight: count, streams: count.optional(), streamProblem: text.optional(), refusedBy: someNodes, replica: count.optional(), counts: z.object({ answered: count, failed: count, lost: count }).optional() })).max(MAX_LANES),
  verify: z.object({ taskId: id, state: z.enum(["running", "passed", "failed"]), maxRelError: amountOrNull, message: text.nullable() }).nullable(),
  error: text.nullable(),
  batching: z.object({ problem: text.nullable(), padding: z.object({ problem: text.nullable(), equalBuckets: count }).nullable() }).optional(),
  fetchedFiles: z.array(z.object({ digest, from: given })).max(MAX_FETCHED_FILES).optional(),
  canary: z.object({
    epoch: count, requests: count, failed: count, windows: z.array(z.object({ requests: count, failed: count, latencyMsP99: amountOrNull })).max(3),
    shadows: z.object({ equal: count, different: count, failed: count, skipped: count }), maxRelError: z.number().min(0), shadowWindows: z.array(z.object({ equal: count, different: count, failed: count })).max(3).optional(),
  }).optional(),
});
const measure = z.object({
  taskId: id, modelId: id, state: z.enum(["fetching", "running", "done", "failed"]), message: text.nullable(),
  result: z
    .object({
      deviceClass, ortVersion: id, session, runs: count, wholeMs: amount, wholeSdMs: amount, loadMs: amount, residentBytes: amount,
      ops: z.array(z.object({ name: agentText(1_000), opType: agentText(200), ms: amount, sdMs: amount.optional() })).max(MAX_OPS),
      wholeP10Ms: amount.optional(), wholeP90Ms: amount.optional(), wholeClockMs: amount.optional(), agentVersion: id.optional(), processBytes: amount.optional(),
      segments: z.array(z.object({ segmentId: id, ms: amount, sdMs: amount, wholeMs: amount, runs: count })).max(MAX_MEASURE_SEGMENTS).optional(),
    })
    .nullable(),
});
const link = z.object({ toNodeId: id, at: time, rttMs: amount, rttSdMs: amount, bandwidthBytesPerSecond: amountOrNull, error: text.nullable() });
/** No more is lost than was sent. */
const linkLoss = z.object({ toNodeId: id, sentSegments: count, lostSegments: count }).refine((one) => one.lostSegments <= one.sentSegments, "lost more than it sent");
const stageSample = z.object({
  assignmentId: id, deploymentId: id, epoch: count, stageIndex: count, done: count, failed: count, queueLength: count,
  computeMsP50: amountOrNull, computeMsP99: amountOrNull, queueMsP50: amountOrNull, receivedBytes: amount, sentBytes: amount, upstreamNodeIds: z.array(id).max(MAX_LANES),
});
const processorTimes = z.object({ waitMs: amount, tookMs: amount });
const trace = z.object({
  requestId: id, startedAt: time, totalMs: amount, ok: z.boolean(), errorCode: id.nullable(),
  stages: z.array(z.object({ stageIndex: count, nodeId: id, queueMs: amount, computeMs: amount, receivedBytes: amount, times: z.object({ receiveMs: amount, roundTripMs: amountOrNull, holdMs: amount }).optional() })).max(MAX_LANES),
  errorMessage: text.optional(), attempts: count.optional(), tries: z.array(z.object({ epoch: count, replica: count.optional(), endedMs: amount, errorCode: id })).max(MAX_LANES).optional(), epoch: count.optional(), replica: count.optional(), sendMs: amount.optional(),
  context: z.object({ traceId: z.string().regex(/^[0-9a-f]{32}$/), spanId: z.string().regex(/^[0-9a-f]{16}$/), parentSpanId: z.string().regex(/^[0-9a-f]{16}$/).nullable(), sampled: z.boolean() }).optional(),
  answer: z.object({ receiveMs: amount, roundTripMs: amountOrNull, bytes: amount }).optional(),
  processor: z.object({ pre: processorTimes.optional(), post: processorTimes.optional() }).optional(),
});
const ingressSample = z.object({
  deploymentId: id, epoch: count.nullable(), accepted: count, succeeded: count, failed: count, inFlight: count,
  latencyMsP50: amountOrNull, latencyMsP99: amountOrNull, pipelineMsP50: amountOrNull.optional(), errors: z.record(id, count).refine((errors) => Object.keys(errors).length <= MAX_ERROR_CODES, `names more than ${MAX_ERROR_CODES} codes`), trace: trace.nullable(), recent: z.array(trace).max(MAX_RECENT_REQUESTS).optional(),
  runs: z.object({ count, items: count, slowestMs: amount, passMs: amount, problem: text.optional() }).optional(),
});
/** Null = not readable there. */
const thermal = z.object({ celsius: z.number().min(-100).max(300).nullable(), sensor: id.nullable(), clockRatio: z.number().min(0).max(16).nullable(), clockLimitRatio: z.number().min(0).max(16).nullable(), throttled: z.boolean().nullable() });
const sample = z.object({
  cpuRatio: z.number().min(0).max(64), agentCpuCores: amount, memoryUsedBytes: amount, agentRssBytes: amount, memoryAvailableBytes: amount.optional(), coresNow: amount.optional(), idlePace: amount.optional(), thermal: thermal.optional(),
  stages: z.array(stageSample).max(MAX_ITEMS), ingress: z.array(ingressSample).max(MAX_ITEMS),
});
const notice = z.object({ at: time, level: z.enum(["info", "warn", "error"]), code: id, message: text, assignmentId: id.optional(), deploymentId: id.optional() });
const report = z.object({
  seq: count, at: time, bootId: id, cursor: z.number().int().min(0).max(MAX_VERSION),
  assignments: z.array(assignment).max(MAX_ITEMS).optional(),
  ingress: z.array(ingress).max(MAX_ITEMS).optional(),
  measures: z.array(measure).max(MAX_ITEMS).optional(),
  held: held.optional(),
  links: z.array(link).max(MAX_LINKS).optional(),
  losses: z.object({ readable: z.boolean(), links: z.array(linkLoss).max(MAX_LINKS) }).optional(),
  sample: sample.optional(),
  coresNow: amount.optional(),
  keyCounts: z.array(z.object({ keyId: id, lifeId: id, day: z.string().regex(/^\d{4}-\d{2}-\d{2}$/), requests: count })).max(MAX_KEY_COUNTS).optional(),
  notices: z.array(notice).max(MAX_NOTICES).optional(),
});

const logPage = z.object({
  bootId: id, firstSeq: count, nextSeq: count, headSeq: count,
  lines: z.array(z.object({ seq: count, at: time, level: z.enum(LOG_LEVELS), code: id, message: text })).max(MAX_LOG_LINES_PER_PAGE),
});

export type Parsed<T> = { ok: true; value: T } | { ok: false; reason: string };

export function parseHello(raw: unknown): Parsed<Hello> {
  return parse(hello, raw, "hello");
}
export function parseReport(raw: unknown): Parsed<Report> {
  return parse(report, raw, "report");
}

const repositoryCall = z.object({ deploymentId: id, action: z.enum(REPOSITORY_ACTIONS), key: agentText(256).nullable() });

export function parseRepositoryCall(raw: unknown): Parsed<RepositoryCall> {
  return parse(repositoryCall, raw, "call");
}

const metricsPage = z.object({ text: z.string().max(MAX_METRICS_CHARS).nullable(), error: text.nullable() });

export function parseMetricsPage(raw: unknown): Parsed<MetricsPage> {
  return parse(metricsPage, raw, "answer");
}

export function parseLogPage(raw: unknown): Parsed<LogPage> {
  return parse(logPage, raw, "log");
}

/** The first thing that is wrong, and where. */
function parse<T>(schema: z.ZodType<T>, raw: unknown, what: string): Parsed<T> {
  const result = schema.safeParse(raw);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0];
  return { ok: false, reason: `The ${what} is not valid at "${issue?.path.join(".") ?? ""}": ${issue?.message ?? "unknown"}`.slice(0, 300) };
}
