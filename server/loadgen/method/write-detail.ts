// Owns mlperf_log_detail.txt: one JSON a line after ":::MLLOG ", keys and shapes as LoadGen writes them (loadgen/logging.cc, loadgen.cc, results.cc).
// Of an accuracy run it writes each set of samples, and no result: no validity, no latency. Nothing of them is judged there.
import { METHOD } from "./load-report.ts";
import type { Verdict } from "./judge-run.ts";
import { tokenCountOf, type RunRecord } from "./run-record.ts";
import type { LatencyStats, RunStats } from "./run-stats.ts";
import type { EffectiveSettings } from "./settings.ts";

/** Samples that were loaded together. `…Ms` since the run's begin. */
export type DetailSet = {
  loaded: readonly number[]; generatedQueries: number; generatedSamplesPerQuery: number; generatedDurationNs: number;
  /** At the first and after the last query. */
  beginMs: number; endMs: number;
  /** ISO 8601, UTC. */
  beginIso: string; endIso: string;
};
export type DetailInput = {
  sut: string; record: RunRecord; stats: RunStats | null; verdict: Verdict;
  /** One, but for an accuracy run. */
  sets: readonly DetailSet[];
  /** ISO 8601, UTC. */
  beginIso: string;
  durationMs: number;
  pid: number;
};

type Value = string | number | boolean | bigint | readonly number[];
type Line = { key: string; value: Value; level?: "error" | "warning"; atMs: number };

export function writeDetail(input: DetailInput): { text: string; errors: number; warnings: number } {
  const endMs = input.durationMs;
  const lines: Line[] = [
    ...Object.entries({ loadgen_version: `cutplane (${METHOD})`, test_datetime: input.beginIso.replace(/\.\d+Z$/, "Z"), sut_name: input.sut, qsl_name: "cutplane", qsl_reported_total_count: input.record.settings.totalSampleCount, qsl_reported_performance_count: input.record.settings.performanceSampleCount }).map(([key, value]) => ({ key, value, atMs: 0 })),
    ...[...requested(input.record.settings), ...effective(input.record.settings)].map(([key, value]) => ({ key, value, atMs: 0 })),
    { key: "generic_message", value: `Starting ${input.record.settings.mode === "AccuracyOnly" ? "accuracy" : "performance"} mode`, atMs: 0 },
    ...input.sets.flatMap((set): Line[] => [
      { key: "loaded_qsl_set", value: set.loaded, atMs: set.beginMs },
      { key: "generated_query_count", value: set.generatedQueries, atMs: set.beginMs },
      { key: "generated_samples_per_query", value: set.generatedSamplesPerQuery, atMs: set.beginMs },
      { key: "generated_query_duration", value: set.generatedDurationNs, atMs: set.beginMs },
      { key: "power_begin", value: powerTime(set.beginIso), atMs: set.endMs },
      { key: "power_end", value: powerTime(set.endIso), atMs: set.endMs },
    ]),
    ...problems(input).map((line) => ({ ...line, atMs: endMs })),
    ...(input.record.settings.mode === "PerformanceOnly" ? results(input) : []).map(([key, value]) => ({ key, value, atMs: endMs })),
  ];
  const errors = lines.filter(({ level }) => level === "error").length;
  lines.push({ key: "num_warnings", value: 0, atMs: endMs }, { key: "num_errors", value: errors, atMs: endMs });
  return { text: lines.map((line) => format(line, input.pid)).join(""), errors, warnings: 0 };
}

/** Intervals too are points in time to LoadGen, both ends told when they have ended. */
function format({ key, value, level, atMs }: Line, pid: number): string {
  const written = typeof value === "bigint" ? String(value) : JSON.stringify(value);
  const metadata = JSON.stringify({ is_error: level === "error", is_warning: level === "warning", file: "loadgen", line_no: 0, pid, tid: pid });
  return `:::MLLOG {"key": ${JSON.stringify(key)}, "value": ${written}, "time_ms": ${atMs.toFixed(6)}, "namespace": "mlperf::logging", "event_type": "POINT_IN_TIME", "metadata": ${metadata}}\n`;
}

function problems({ record }: DetailInput): Omit<Line, "atMs">[] {
  const found: Omit<Line, "atMs">[] = [];
  if (record.ranOut) found.push({ key: "error_runtime", level: "error", value: "Ending early: Ran out of generated queries to issue before the minimum query count and test duration were reached. Please update the relevant expected latency or target qps in the TestSettings so they are more accurate." });
  if (record.endedEarly !== null) found.push({ key: "error_runtime", level: "error", value: record.endedEarly });
  if (record.cutShort !== null) found.push({ key: "error_runtime", level: "error", value: record.cutShort });
  if (record.failedCount > 0) found.push({ key: "error_runtime", level: "error", value: `${record.failedCount} samples failed. The first: ${record.firstFailure}` });
  return found;
}

function requested(s: EffectiveSettings): [string, Value][] {
  const own: [string, Value][] = {
    SingleStream: [["single_stream_expected_latency_ns", Math.round(1e9 / s.targetQps)], ["single_stream_target_latency_percentile", s.targetPercentile]],
    MultiStream: [["multi_stream_expected_latency_ns", Math.round(1e9 / s.targetQps)], ["multi_stream_target_latency_percentile", s.targetPercentile], ["multi_stream_samples_per_query", s.samplesPerQuery]],
    Server: [["server_target_qps", s.targetQps], ["server_target_latency_ns", s.targetLatencyNs], ["server_target_latency_percentile", s.targetPercentile], ["server_coalesce_queries", false], ["server_find_peak_qps_decimals_of_precision", 0], ["server_find_peak_qps_boundary_step_size", 1], ["server_max_async_queries", s.maxAsyncQueries], ["server_num_issue_query_threads", 0]],
    Offline: [["offline_expected_qps", s.targetQps]],
  }[s.scenario] as [string, Value][];
  const asked = common({ ...s, minQueryCount: s.requestedMinQueryCount });
  return [["scenario", s.scenario], ["test_mode", s.mode], ...own, ...asked, ["performance_sample_count_override", 0]].map(([key, value]) => [`requested_${key}`, value] as [string, Value]);
}

function effective(s: EffectiveSettings): [string, Value][] {
  const own: [string, Value][] = [
    ["scenario", s.scenario], ["test_mode", s.mode], ["samples_per_query", s.samplesPerQuery], ["target_qps", s.targetQps], ["target_latency_ns", s.targetLatencyNs], ["target_latency_percentile", s.targetPercentile],
    ["max_async_queries", s.maxAsyncQueries], ["target_duration_ms", s.targetDurationMs], ["min_sample_count", s.minSampleCount], ["performance_sample_count", s.performanceSampleCount],
  ];
  return [...own, ...common(s)].map(([key, value]) => [`effective_${key}`, value] as [string, Value]);
}

function common(s: EffectiveSettings): [string, Value][] {
  return [
    ["min_duration_ms", s.minDurationMs], ["max_duration_ms", s.maxDurationMs], ["min_query_count", s.minQueryCount], ["max_query_count", s.maxQueryCount],
    ["qsl_rng_seed", s.seeds.qsl], ["sample_index_rng_seed", s.seeds.sampleIndex], ["schedule_rng_seed", s.seeds.schedule],
    ["accuracy_log_rng_seed", 0], ["accuracy_log_probability", 0], ["accuracy_log_sampling_target", 0], ["print_timestamps", false],
    ["performance_issue_unique", s.picking === "unique"], ["performance_issue_same", s.picking === "same"], ["performance_issue_same_index", s.sameIndex], ["sample_concatenate_permutation", s.picking === "equal"],
  ];
}

function results({ record, stats, verdict }: DetailInput): [string, Value][] {
  const { scenario } = record.settings;
  const lines: [string, Value][] = [["result_validity", verdict.isValid ? "VALID" : "INVALID"]];
  if (verdict.isBoundMet !== null) lines.push(["result_perf_constraints_met", verdict.isBoundMet]);
  lines.push(["result_min_duration_met", verdict.isMinDurationMet], ["result_min_queries_met", verdict.isMinQueriesMet], ["early_stopping_met", verdict.isEarlyStoppingMet]);
  if (!verdict.isValid) lines.push(["result_invalid_reason", verdict.recommendations.map((text) => text.replaceAll("\n", " ")).join(" ")]);
  lines.push(["early_stopping_result", verdict.earlyStopping.replaceAll("\n", " ")]);
  if (!stats) return lines;
  lines.push(["result_query_count", stats.queryCount]);
  if (scenario === "Server") lines.push(["result_overlatency_query_count", stats.overBoundCount!], ["result_scheduled_samples_per_sec", stats.perSecond.scheduled!], ["result_completed_samples_per_sec", stats.perSecond.completed]);
  if (scenario === "SingleStream") lines.push(["result_qps_with_loadgen_overhead", stats.perSecond.completed], ["result_qps_without_loadgen_overhead", stats.perSecond.withoutHarness!], ["early_stopping_latency_ss", Math.round(stats.estimateNs ?? 0)], ["early_stopping_latency_ms", Math.round(stats.estimate99Ns ?? 0)]);
  if (scenario === "MultiStream") lines.push(...latencies(stats.query!, "_query_latency_ns", "_percentile_per_query_latency_ns"), ["early_stopping_latency_ms", Math.round(stats.estimateNs ?? 0)]);
  if (scenario === "Offline") lines.push(["result_samples_per_second", stats.perSecond.completed]);
  return [...lines, ...latencies(stats.sample, "_latency_ns", "_percentile_latency_ns"), ...tokenLines(record, stats)];
}

/** LoadGen's result_token_throughput is left out: it divides by nanoseconds and prints 0.000000. */
function tokenLines(record: RunRecord, { firstToken, perToken, lastIssuedS, lastDoneS, maxLatencyS }: RunStats): [string, Value][] {
  const count = tokenCountOf(record);
  if (count === null) return [];
  if (record.settings.scenario === "Offline") return [["result_tokens_per_second", count / maxLatencyS]];
  return [
    ...(firstToken ? latencies(firstToken, "_latency_ns", "_percentile_latency_ns", "first_token_") : []), ["result_token_throughput_with_loadgen_overhead", count / lastIssuedS],
    // Percentiles are per output token, the rest is to output token: so in the original.
    ...(perToken ? latencies(perToken, "", "_percentile_ns", "time_per_output_token_", "time_to_output_token_") : []), ["result_completed_tokens_per_second", count / lastDoneS],
  ];
}

function latencies(stats: LatencyStats, extreme: string, percentile: string, what = "", whole = what): [string, Value][] {
  return [
    [`result_${whole}min${extreme}`, Math.round(stats.minNs)], [`result_${whole}max${extreme}`, Math.round(stats.maxNs)], [`result_${whole}mean${extreme}`, Math.round(stats.meanNs)],
    ...stats.percentiles.map(({ percentile: p, ns }) => [`result_${what}${(p * 100).toFixed(2)}${percentile}`, Math.round(ns)] as [string, Value]),
  ];
}

/** Local formats differ; LoadGen writes this one, in UTC. */
function powerTime(iso: string): string {
  const [date, time] = iso.split("T") as [string, string];
  const [year, month, day] = date.split("-");
  return `${month}-${day}-${year} ${time.slice(0, 12)}`;
}
