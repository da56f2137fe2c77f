// Owns the API's description of load runs.
import { z } from "zod";
import type { LoadReport } from "../../loadgen/method/load-report.ts";
import { SCENARIOS, TIERS, type Tier } from "../../loadgen/method/settings.ts";

const bin = z.object({ fromNs: z.number(), toNs: z.number(), count: z.number() });
export const loadProgress = z
  .object({
    phase: z.string(), elapsedS: z.number(), minS: z.number(), issued: z.number(), answered: z.number(), failed: z.number(), arrivalsPerSecond: z.number(), answersPerSecond: z.number(),
    p50Ns: z.number().nullable(), p90Ns: z.number().nullable(), p99Ns: z.number().nullable(), histogram: z.array(bin),
  })
  .meta({ id: "LoadProgress" });

export const loadRequest = z
  .object({
    scenario: z.enum(SCENARIOS),
    what: z.enum(["run", "peak", "reuse"]).default("run").meta({ description: "peak: the highest rate that keeps the bound (Server). reuse: is one sample answered faster than different ones?" }),
    tier: z.enum(Object.keys(TIERS) as [Tier, ...Tier[]]).default("rapid").meta({ description: "Shortest run: rapid 6 s, quick 10 s, normal 60 s, official 600 s." }),
    qps: z.number().positive().max(1e6).optional().meta({ description: "Server: arrivals per second; a search begins there. Offline: samples per second expected." }),
    latencyMs: z.number().positive().max(3_600_000).optional().meta({ description: "Server: the bound of the 99th percentile. SingleStream and MultiStream: the expected time of a query." }),
    samplesPerQuery: z.number().int().min(1).max(1024).optional(),
    concurrency: z.number().int().min(1).max(1024).optional(),
  })
  .meta({ id: "LoadRequest" });

/** One definition of it, in server/loadgen/method/load-report.ts; the document says what it is. */
const loadReport = z.record(z.string(), z.unknown()).meta({ id: "LoadReport", description: "Settings, figures with intervals, verdict with reasons, steady windows, histogram. By the MLPerf method; not an MLPerf result." }) as unknown as z.ZodType<LoadReport, LoadReport>;

const interval = z.object({ low: z.number(), high: z.number() }).nullable();
const loadRunShape = {
  id: z.string(), deploymentId: z.string(), revisionNumber: z.number().int(), endRevisionNumber: z.number().int().meta({ description: "Another than revisionNumber: a move was measured with it." }),
  operationId: z.string(), request: loadRequest, startedAt: z.iso.datetime(), finishedAt: z.iso.datetime(), createdBy: z.string(),
};
export const loadRunRow = z
  .object({
    ...loadRunShape,
    isValid: z.boolean(),
    targetNs: z.number().nullable().meta({ description: "Latency at the scenario's percentile." }),
    perSecond: z.number().nullable().meta({ description: "Null where no three windows agree." }),
    peakQps: z.number().nullable(),
  })
  .meta({ id: "LoadRunRow" });
export const loadRun = z.object({ ...loadRunShape, report: loadReport }).meta({ id: "LoadRun" });
export const loadDifference = z
  .object({ name: z.string(), unit: z.enum(["ns", "1/s"]), before: z.number(), after: z.number(), by: z.number(), share: z.number(), interval, kind: z.enum(["better", "worse", "no difference seen"]) })
  .meta({ id: "LoadDifference" });
