// Owns the API's description of load runs.
import { z } from "zod";
import type { LoadReport } from "../../loadgen/method/load-report.ts";
import { type KeptTarget, URL_APIS } from "../../loadgen/method/load-target.ts";
import { SCENARIOS, TIERS, type Tier } from "../../loadgen/method/settings.ts";

const bin = z.object({ fromNs: z.number(), toNs: z.number(), count: z.number() });
export const loadProgress = z
  .object({
    phase: z.string(), elapsedS: z.number(), minS: z.number(), issued: z.number(), answered: z.number(), failed: z.number(), arrivalsPerSecond: z.number(), answersPerSecond: z.number(),
    p50Ns: z.number().nullable(), p90Ns: z.number().nullable(), p99Ns: z.number().nullable(), histogram: z.array(bin),
    accuracy: z.object({ total: z.number(), answered: z.number(), right: z.number().nullable() }).optional().meta({ description: "Of an accuracy run: samples, over the whole run." }),
  })
  .meta({ id: "LoadProgress" });

export const dataset = z.object({ name: z.string().min(1).max(255), digest: z.string().regex(/^[0-9a-f]{64}$/, "A digest is 64 lower-case hex digits.") });
export const urlApi = z.enum(URL_APIS);
export const datasetFacts = z
  .object({ sampleCount: z.number().int(), form: z.enum(["raw", "tensors", "texts", "requests"]).meta({ description: "raw: for the model's processor. texts, requests: for OpenAI's API." }), labels: z.enum(["texts", "numbers"]), labelCount: z.number().int().meta({ description: "Different ones." }) })
  .meta({ id: "DatasetFacts" });

export const loadRequest = z
  .object({
    scenario: z.enum(SCENARIOS),
    what: z.enum(["run", "peak", "reuse", "accuracy"]).default("run").meta({ description: "peak: the highest rate that keeps the bound (Server). reuse: is one sample answered faster than different ones? accuracy: each sample of a labelled dataset once, graded by its label (not MultiStream)." }),
    tier: z.enum(Object.keys(TIERS) as [Tier, ...Tier[]]).default("rapid").meta({ description: "Shortest run: rapid 6 s, quick 10 s, normal 60 s, official 600 s." }),
    qps: z.number().positive().max(1e6).optional().meta({ description: "Server: arrivals per second; a search begins there. Offline: samples per second expected." }),
    latencyMs: z.number().positive().max(3_600_000).optional().meta({ description: "Server: the bound of the 99th percentile. SingleStream and MultiStream: the expected time of a query." }),
    samplesPerQuery: z.number().int().min(1).max(1024).optional(),
    concurrency: z.number().int().min(1).max(1024).optional(),
    dataset: dataset.optional().meta({ description: "Of accuracy: uploaded before, by PUT /files/dataset. For the deployment or a node, samples of its model; for an address, tensors, what Cutplane's processors take, or of OpenAI's APIs texts or requests." }),
  })
  .meta({ id: "LoadRequest" });

const shapes = z.record(z.string().min(1).max(500).regex(/^[^=]+$/), z.array(z.number().int().min(1).max(2 ** 31)).min(1).max(16)).refine((given) => Object.keys(given).length <= 256, "At most 256 inputs.");
const theDeployment = z.object({ kind: z.literal("deployment") });
const anAddress = z.object({
  kind: z.literal("url"),
  url: z.string().min(1).max(2000).meta({ description: "http(s)://, of OpenAI's APIs with its /v1; or grpc(s)://HOST:PORT. Called from the console. Without user, password, query and fragment; redirects are not followed, link-local addresses not called." }),
  api: urlApi.default("oip"),
  model: z.string().min(1).max(500).meta({ description: "As the endpoint calls it." }),
  shapes: shapes.optional().meta({ description: "Sizes of its inputs, by name; absent = as the deployment's sample, or as the endpoint declares them with 1 in open dimensions. Contents are made up." }),
});
export const loadTarget = z
  .discriminatedUnion("kind", [theDeployment, z.object({ kind: z.literal("node"), nodeId: z.string().min(1).max(100) }).meta({ description: "The whole model on this node of the deployment's drawing, entered there: a deployment made for the run and removed again." }), anAddress])
  .meta({ id: "LoadTarget", description: "What is measured; absent = the deployment." });
/** Visible ASCII, as a header may hold. */
export const targetKey = z.string().min(1).max(8192).regex(/^[\x21-\x7e]+$/, "A key has no spaces and no letters beyond ASCII.").optional().meta({ description: "Of an address: sent as a bearer token. Used for this run and kept nowhere." });
const keptTarget = z
  .discriminatedUnion("kind", [theDeployment, z.object({ kind: z.literal("node"), nodeId: z.string(), nodeName: z.string(), planId: z.string(), othersPerSecond: z.number().meta({ description: "Requests a second that other deployments on the node answered meanwhile." }) }), anAddress])
  .meta({ id: "KeptLoadTarget" }) as unknown as z.ZodType<KeptTarget, KeptTarget>;
export const nodeTarget = z
  .object({ nodeId: z.string(), name: z.string(), besides: z.array(z.object({ deploymentId: z.string(), name: z.string(), movesByItself: z.boolean() })).meta({ description: "Other running deployments with a part on it." }) })
  .meta({ id: "LoadNodeTarget" });

/** One definition of it, in server/loadgen/method/load-report.ts; the document says what it is. */
const loadReport = z.record(z.string(), z.unknown()).meta({ id: "LoadReport", description: "Settings, figures with intervals, verdict with reasons, steady windows, histogram; of an accuracy run its grades. By the MLPerf method; not an MLPerf result." }) as unknown as z.ZodType<LoadReport, LoadReport>;

const interval = z.object({ low: z.number(), high: z.number() }).nullable();
const loadRunShape = {
  id: z.string(), deploymentId: z.string(), target: keptTarget, revisionNumber: z.number().int().meta({ description: "That the deployment ran when it began, also where something else is measured; 0 = none." }), endRevisionNumber: z.number().int().meta({ description: "Another than revisionNumber: a move was measured with it." }),
  operationId: z.string(), request: loadRequest, startedAt: z.iso.datetime(), finishedAt: z.iso.datetime(), createdBy: z.string(),
};
export const loadRunRow = z
  .object({
    ...loadRunShape,
    isValid: z.boolean().meta({ description: "Of an accuracy run: every sample was asked and answered." }),
    targetNs: z.number().nullable().meta({ description: "Latency at the scenario's percentile." }),
    perSecond: z.number().nullable().meta({ description: "Null where the last three windows do not agree." }),
    peakQps: z.number().nullable(),
    accuracy: z.object({ right: z.number().int(), asked: z.number().int(), low: z.number(), high: z.number() }).nullable().meta({ description: "Of an accuracy run: samples that are right, of those asked (what failed is wrong), and Wilson's interval of the share." }),
  })
  .meta({ id: "LoadRunRow" });
export const loadRun = z.object({ ...loadRunShape, report: loadReport }).meta({ id: "LoadRun" });
export const loadDifference = z
  .object({ name: z.string(), unit: z.enum(["ns", "1/s", "share"]), before: z.number(), after: z.number(), by: z.number(), share: z.number(), interval, why: z.string().nullable().meta({ description: "Why there is no interval." }), kind: z.enum(["better", "worse", "no difference seen", "cannot be told"]), pairs: z.object({ gained: z.number(), lost: z.number() }).optional().meta({ description: "Of an accuracy: samples right after only, and before only. Its interval is McNemar's test inverted (Tango, 1998)." }) })
  .meta({ id: "LoadDifference" });
