// Owns the API's description of analyses.
import { z } from "zod";
import { MAX_CONFIGURATIONS, MAX_VARIANTS } from "../../policy/analyze/analysis.ts";

/** Ascending, each once: neighbours are what lies beside. */
const range = (most: number) => z.array(z.number().int().min(1).max(most)).min(1).max(16).overwrite((values) => [...new Set(values)].sort((a, b) => a - b));

const planWish = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("current") }).meta({ description: "What the deployment runs." }),
  z.object({ kind: z.literal("best"), objective: z.enum(["latency", "throughput"]) }).meta({ description: "What the planner finds, beside all that runs." }),
  z.object({ kind: z.literal("plan"), planId: z.string() }),
]);

export const constraints = z
  .object({
    maxLatencyMsP99: z.number().positive().max(3_600_000).optional(),
    maxMemoryBytes: z.number().positive().max(2 ** 53).optional().meta({ description: "Of the processes of all its stages together." }),
    minPerSecond: z.number().positive().max(1e6).optional(),
  })
  .meta({ id: "AnalysisConstraints" });

export const analysisRequest = z
  .object({
    plans: z.array(planWish).min(1).max(MAX_VARIANTS),
    threads: z.array(z.number().int().min(1).max(64).nullable()).min(1).max(8).default([null]).overwrite((values) => [...new Set(values)].sort((a, b) => (a ?? 0) - (b ?? 0))).meta({ description: "Of each stage; null = as the plan says." }),
    maxBatch: range(1024).default([1]).meta({ description: "Largest batches the ingress joins; 1 = each request alone." }),
    concurrency: range(1024).meta({ description: "Requests under way at once, in a closed loop." }),
    batchDelayMs: z.number().min(0).max(1000).default(2).meta({ description: "How long a request waits for others, where batches are above 1." }),
    constraints: constraints.default({}),
    objective: z.enum(["throughput", "latency"]).default("throughput").meta({ description: "Of those that keep to the constraints: the most requests a second, or the least p99." }),
    search: z.enum(["sweep", "quick"]).default("sweep").meta({ description: "Sweep: all. Quick: neighbours of the best so far, until none is better; that need not be the best of all." }),
    maxConfigurations: z.number().int().min(1).max(MAX_CONFIGURATIONS).default(64),
    windowMs: z.number().int().min(200).max(60_000).default(2000),
    maxWindows: z.number().int().min(3).max(100).default(10).meta({ description: "Where no three of so many windows agree within 10 %, there is no figure." }),
  })
  .meta({ id: "AnalysisRequest" });

export const analysisScope = {
  deploymentId: z.string().optional().meta({ description: "For this deployment: its model, topology and entries; or give modelId and topologyId." }),
  modelId: z.string().optional(),
  topologyId: z.string().optional(),
};

export const analysisPreview = z
  .object({
    configurations: z.number().int(), measured: z.number().int(), rigs: z.number().int(), atLeastSeconds: z.number(), atMostSeconds: z.number(),
    rigSecondsSeen: z.number().nullable().meta({ description: "How long deployments of this model took before; null = none was, and it is assumed." }),
    besides: z.array(z.object({ deploymentId: z.string(), name: z.string(), movesByItself: z.boolean().meta({ description: "Its adaptation is automatic, and may move it because it is slowed down." }) })).meta({ description: "Running deployments on nodes of the topology, which may be slowed down." }),
  })
  .meta({ id: "AnalysisPreview" });

const configuration = z.object({ planId: z.string(), threads: z.number().nullable(), maxBatch: z.number(), concurrency: z.number() });
const figures = z.object({
  perSecond: z.number(), plusMinus: z.number(), latencyMsP50: z.number(), latencyMsP90: z.number(), latencyMsP99: z.number(), sampleCount: z.number(),
  memoryBytes: z.number().nullable(), isHarnessLate: z.boolean().meta({ description: "The load generator itself was late: the true figures are no worse." }),
});
const measured = z.object({ configuration, figures: figures.nullable().meta({ description: "Null = no figure, and why." }), why: z.string().nullable(), measuredAt: z.iso.datetime(), othersPerSecond: z.number().meta({ description: "Requests that other deployments answered on the same nodes meanwhile." }) });
const variant = z.object({ planId: z.string().nullable(), planRevision: z.number().nullable(), wish: planWish, threads: z.number().nullable(), label: z.string(), nodeIds: z.array(z.string()), refused: z.string().nullable().meta({ description: "Why it was not tried." }) });
const outcome = z.object({
  chosen: configuration.nullable(), why: z.string().nullable(),
  again: z.array(z.object({ configuration, figures: figures.nullable(), why: z.string().nullable(), keeps: z.boolean() })).meta({ description: "Measured a second time on fresh rigs, best first; the last one is the chosen one's and its figures are the result." }),
});

const rowShape = {
  id: z.string(), deploymentId: z.string().nullable(), modelId: z.string(), topologyId: z.string(), operationId: z.string(),
  status: z.enum(["running", "succeeded", "failed", "cancelled"]), error: z.string().nullable(),
  startedAt: z.iso.datetime(), finishedAt: z.iso.datetime().nullable(), createdBy: z.string(), request: analysisRequest, outcome: outcome.nullable(),
};
export const analysisRow = z.object({ ...rowShape, measured: z.number().int() }).meta({ id: "AnalysisRow" });
export const analysis = z.object({ ...rowShape, variants: z.array(variant), results: z.array(measured), paretoKeys: z.array(z.string()).meta({ description: "Of results that none beats in both throughput and p99: \"PLAN THREADS BATCH CONCURRENCY\"." }) }).meta({ id: "Analysis" });
