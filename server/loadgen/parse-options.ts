// Owns what the command line means. Pure: errors are sentences, files are read by the caller.
import { parseArgs } from "node:util";
import { OFFICIAL_SEEDS, SCENARIOS, TIERS, type Scenario, type Tier } from "./method/settings.ts";
import type { ClosedLoopPlan } from "./method/closed-loop.ts";
import type { OpenAiKind } from "./method/openai-row.ts";
import type { Tolerances } from "./method/compare-runs.ts";
import type { LoadPlan } from "./run-load.ts";

export const APIS = ["oip", "process", "openai-chat", "openai-completions", "openai-embeddings"] as const;
export type Api = (typeof APIS)[number];
/** null = it is none of OpenAI's. */
export const openAiKindOf = (api: Api): OpenAiKind | null => (api === "oip" || api === "process" ? null : (api.slice("openai-".length) as OpenAiKind));
export type Options = {
  plan: LoadPlan | ClosedLoopPlan;
  target: { api: Api; url: string; model: string; key: string | null; timeoutMs: number; insecure: boolean; noLinkLocal: boolean; encoding: "auto" | "binary" | "json"; shapes: Record<string, number[]>; maxTokens: number; sampleCount: number };
  /** Files that the caller reads. */
  dataFile: string | null;
  rawFiles: string[];
  contentType: string;
  output: string | null;
  json: boolean;
  baseline: string | null;
  tolerances: Tolerances;
};

export const HELP = `Measures a system by the MLPerf method (LoadGen's scenarios, seeds, statistics and rules). It is not an MLPerf result.

  npm run loadgen -- --scenario Server --target http://127.0.0.1:9000 --model NAME --qps 50 --latency 100

What
  --scenario NAME       SingleStream, MultiStream, Server or Offline
  --mode NAME           performance (default) or accuracy (every sample once; --data tells what is right)
  --tier NAME           shortest run: rapid 6 s (default), quick 10 s, normal 60 s, official 600 s
  --find-peak           Server: the highest rate that keeps the bound
  --check-reuse         is the system faster on one sample than on different ones?
  --closed-loop N       instead of a scenario: N requests under way at once, each answer sends the next, in windows until
                        three agree within 10 %, or no figure. perf_analyzer's method, not MLPerf's
Load
  --qps N               Server: arrivals per second; Offline: samples per second expected
  --latency MS          Server: the bound; SingleStream, MultiStream: expected time of a query (default 10)
  --percentile P        the bound's, 50 to 99.9 (default 99; SingleStream 90)
  --samples-per-query N MultiStream (default 8)
  --concurrency N       Offline: samples under way at once (default 8)
  --min-queries N       (default 1)            --max-outstanding N   Server (default 4096)
  --max-seconds N       end a slow run then
  --window MS           closed loop: a window (default 2000)
  --max-windows N       closed loop: no figure after so many (default 10)
Target
  --target URL          where it listens; for OpenAI's API with its /v1. grpc://HOST:PORT, or grpcs:// with TLS: the Open
                        Inference Protocol over gRPC (GRPCInferenceService), tensors raw, so many calls a connection as it allows
  --api NAME            ${APIS.join(", ")} (default oip); over gRPC oip and process
  --model NAME          as the target calls it
  --key KEY             sent as a bearer token; or in the variable LOADGEN_KEY
  --timeout MS          a sample unanswered that long has failed (default 30000)
  --insecure            accept a certificate nobody has signed
  --no-link-local       call no link-local address, nor a name that has one: there clouds keep their machines' credentials
Samples
  --samples N           how many different ones are made up (default 256)
  --shape NAME=1,3,224  sizes of an input's open dimensions; may be repeated
  --encoding NAME       auto (default), binary or json tensors
  --data FILE           one request a line, JSON: {"request": {…}, "expect": "text"}; over gRPC it is sent as the same message;
                        api process: {"file": "a.png", "expect": "text"} or {"text": "…", "expect": "text"}.
                        For accuracy also {"inputs": […], "label": L}; api process: {"text": "…", "label": L}, {"base64": "…",
                        "label": L} or {"file": "a.png", "label": L}; OpenAI's: {"text": "…", "label": L} or {"request": {…},
                        "label": L}. Answers are graded by labels, texts or numbers (of classes); chat and completions by
                        texts alone, embeddings by the other samples of each label
  --file FILE           api process: raw bodies; may be repeated; --content-type TYPE (default image/png)
  --max-tokens N        OpenAI completions (default 64)
Results
  --output FOLDER       mlperf_log_summary.txt, _detail.txt, _accuracy.json, _trace.json and report.json
  --json                the report on standard output instead of the summary
  --baseline FILE       a report.json of before: worse by more than --tolerance (default 0.1) ends with exit code 4;
                        an accuracy on the same labelled samples, worse by more than --accuracy-tolerance of all (default 0).
                        Where that cannot be told (another scenario or rate, failures, INVALID, not steady, too few samples
                        for an interval) it says why and ends with 1, or 3

Exit code: 0 VALID, 1 could not be measured or held against the baseline, 2 wrong options, 3 INVALID (or results are reused, or a closed loop has no figure), 4 worse than the baseline.
`;

const FLAGS = {
  scenario: { type: "string" }, mode: { type: "string", default: "performance" }, tier: { type: "string", default: "rapid" }, "find-peak": { type: "boolean", default: false }, "check-reuse": { type: "boolean", default: false },
  "closed-loop": { type: "string" }, window: { type: "string", default: "2000" }, "max-windows": { type: "string", default: "10" },
  qps: { type: "string" }, latency: { type: "string" }, percentile: { type: "string" }, "samples-per-query": { type: "string", default: "8" }, concurrency: { type: "string", default: "8" }, "min-queries": { type: "string", default: "1" },
  "max-outstanding": { type: "string", default: "4096" }, "max-seconds": { type: "string", default: "0" }, target: { type: "string" }, api: { type: "string", default: "oip" }, model: { type: "string" }, key: { type: "string" },
  timeout: { type: "string", default: "30000" }, insecure: { type: "boolean", default: false }, "no-link-local": { type: "boolean", default: false }, samples: { type: "string", default: "256" }, shape: { type: "string", multiple: true }, encoding: { type: "string", default: "auto" },
  data: { type: "string" }, file: { type: "string", multiple: true }, "content-type": { type: "string", default: "image/png" }, "max-tokens": { type: "string", default: "64" }, output: { type: "string" },
  json: { type: "boolean", default: false }, baseline: { type: "string" }, tolerance: { type: "string", default: "0.1" }, "accuracy-tolerance": { type: "string", default: "0" },
} as const;
type Values = ReturnType<typeof parseFlags>;

function parseFlags(args: readonly string[]) {
  return parseArgs({ args: [...args], options: FLAGS, strict: true }).values;
}

/** Of a target's URL: then the API is the Open Inference Protocol. */
export function isGrpc(url: string): boolean {
  return /^grpcs?:/i.test(url);
}

/** @throws Error with a sentence: which option, what it may be */
export function parseOptions(args: readonly string[], keyOfEnvironment: string | undefined): Options {
  const values = parseFlags(args);
  const closedLoop = values["closed-loop"] === undefined ? null : closedLoopOf(values, values["closed-loop"]);
  const scenario = closedLoop ? "Offline" : oneOf(values.scenario, SCENARIOS, "scenario");
  const api = oneOf(values.api, APIS, "api");
  if (!values.target) throw new Error("--target URL is needed: where the system listens.");
  if (!values.model) throw new Error("--model NAME is needed: as the target calls it.");
  if (isGrpc(values.target) && openAiKindOf(api) !== null) throw new Error(`--api ${api} is not spoken over gRPC: give an http:// or https:// target, or leave --api out.`);
  if (isGrpc(values.target) && values.encoding === "json") throw new Error("--encoding json is not spoken over gRPC: there tensors are raw. Leave it out.");
  if (api === "process" && (values.file ?? []).length === 0 && values.data === undefined) throw new Error("--api process needs bodies: give them with --file, once for each, or list them in --data.");
  return {
    plan: closedLoop ?? planOf(values, scenario),
    target: {
      api, url: values.target, model: values.model, key: values.key ?? keyOfEnvironment ?? null, timeoutMs: number(values.timeout, "timeout", 1, 3_600_000), insecure: values.insecure, noLinkLocal: values["no-link-local"],
      encoding: oneOf(values.encoding, ["auto", "binary", "json"] as const, "encoding"), shapes: Object.fromEntries((values.shape ?? []).map(readShape)), maxTokens: number(values["max-tokens"], "max-tokens", 1, 1_000_000), sampleCount: number(values.samples, "samples", 1, 1_000_000),
    },
    dataFile: values.data ?? null, rawFiles: values.file ?? [], contentType: values["content-type"], output: values.output ?? null, json: values.json,
    baseline: values.baseline ?? null, tolerances: { latency: number(values.tolerance, "tolerance", 0, 10), accuracy: number(values["accuracy-tolerance"], "accuracy-tolerance", 0, 1) },
  };
}

function closedLoopOf(values: Values, concurrency: string): ClosedLoopPlan {
  if (values.scenario !== undefined) throw new Error("--closed-loop is not one of MLPerf's scenarios: leave --scenario out.");
  if (values.baseline !== undefined) throw new Error("--baseline is for scenarios: a closed loop gives one figure at one concurrency.");
  return { what: "closed-loop", concurrency: number(concurrency, "closed-loop", 1, 1024), windowMs: number(values.window, "window", 100, 600_000), maxWindows: number(values["max-windows"], "max-windows", 3, 1000) };
}

function planOf(values: Values, scenario: Scenario): LoadPlan {
  const mode = oneOf(values.mode, ["performance", "accuracy"] as const, "mode");
  const tier: Tier = oneOf(values.tier, Object.keys(TIERS) as Tier[], "tier");
  if (values["find-peak"] && scenario !== "Server") throw new Error("--find-peak is for --scenario Server: only there is a bound kept or not.");
  if (values["find-peak"] && values["check-reuse"]) throw new Error("--find-peak and --check-reuse are two measurements: give one.");
  const isStream = scenario === "SingleStream" || scenario === "MultiStream";
  if (!isStream && values.qps === undefined) throw new Error(`--qps is needed in ${scenario}: ${scenario === "Server" ? "arrivals per second" : "samples per second expected"}.`);
  if (scenario === "Server" && values.latency === undefined) throw new Error("--latency is needed in Server: the bound, in milliseconds.");
  const latencyMs = number(values.latency ?? "10", "latency", 0.001, 3_600_000);
  return {
    what: values["find-peak"] ? "peak" : values["check-reuse"] ? "reuse" : "run",
    performanceSamples: null, offlineConcurrency: number(values.concurrency, "concurrency", 1, 1024), peakDecimals: 0,
    settings: {
      scenario, mode: mode === "accuracy" ? "AccuracyOnly" : "PerformanceOnly",
      targetQps: isStream ? 1000 / latencyMs : number(values.qps!, "qps", 1e-6, 1_000_000), targetLatencyNs: scenario === "Server" ? Math.round(latencyMs * 1e6) : 0,
      targetPercentile: number(values.percentile ?? (scenario === "SingleStream" ? "90" : "99"), "percentile", 50, 99.9) / 100,
      samplesPerQuery: scenario === "MultiStream" ? number(values["samples-per-query"], "samples-per-query", 1, 1024) : 1,
      minDurationMs: TIERS[tier] * 1000, maxDurationMs: number(values["max-seconds"], "max-seconds", 0, 86_400) * 1000, minQueryCount: number(values["min-queries"], "min-queries", 1, 10_000_000), maxQueryCount: 0,
      maxAsyncQueries: number(values["max-outstanding"], "max-outstanding", 1, 65_536), picking: "drawn", sameIndex: 0, seeds: OFFICIAL_SEEDS,
    },
  };
}

function readShape(text: string): [string, number[]] {
  const [name, sizes] = text.split("=");
  const shape = sizes?.split(",").map(Number) ?? [];
  if (!name || shape.length === 0 || !shape.every((size) => Number.isInteger(size) && size > 0)) throw new Error(`--shape ${text} must look like NAME=1,3,224,224.`);
  return [name, shape];
}

function oneOf<Name extends string>(value: string | undefined, names: readonly Name[], flag: string): Name {
  const found = names.find((name) => name === value);
  if (!found) throw new Error(`--${flag} ${value ?? "is needed: it"} must be one of ${names.join(", ")}.`);
  return found;
}

function number(text: string, flag: string, min: number, max: number): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value >= min && value <= max)) throw new Error(`--${flag} ${text} must be a number from ${min} to ${max}.`);
  return value;
}
