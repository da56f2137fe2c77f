// Owns mlperf_log_summary.txt: LoadGen's text, line by line, so that what reads the original reads this (loadgen/results.cc).
import { METHOD } from "./load-report.ts";
import type { Verdict } from "./judge-run.ts";
import { tokenCountOf, type RunRecord } from "./run-record.ts";
import type { LatencyStats, RunStats } from "./run-stats.ts";
import type { EffectiveSettings } from "./settings.ts";

const RULE = "================================================";

export function writeSummary(sut: string, record: RunRecord, stats: RunStats | null, verdict: Verdict, warnings: { errors: number; warnings: number }): string {
  const { settings } = record;
  const lines = [RULE, "MLPerf Results Summary", RULE, `SUT name : ${sut} (${METHOD})`, `Scenario : ${settings.scenario}`, `Mode     : ${settings.mode}`];
  const counts = [count(warnings.warnings, "warning"), count(warnings.errors, "error")];
  // Nothing else is said of one, as in LoadGen's: it has no result.
  if (settings.mode === "AccuracyOnly") return `${[...lines.slice(0, 1), "Accuracy run: see mlperf_log_accuracy.json", ...lines, ...counts].join("\n")}\n`;
  if (stats) lines.push(metricLine(settings, stats), ...tokenRate(record, stats));
  lines.push(`Result is : ${verdict.isValid ? "VALID" : "INVALID"}`);
  if (verdict.isBoundMet !== null) lines.push(`  Performance constraints satisfied : ${yes(verdict.isBoundMet)}`);
  lines.push(`  Min duration satisfied : ${yes(verdict.isMinDurationMet)}`, `  Min queries satisfied : ${yes(verdict.isMinQueriesMet)}`, `  Early stopping satisfied: ${yes(verdict.isEarlyStoppingMet)}`);
  if (verdict.recommendations.length > 0) lines.push("Recommendations:", ...verdict.recommendations.map((text) => ` * ${text}`));
  if (settings.scenario !== "Offline") lines.push("Early Stopping Result:", verdict.earlyStopping);
  if (stats) lines.push("", RULE, "Additional Stats", RULE, ...additional(record, stats));
  lines.push("", RULE, "Test Parameters Used", RULE, ...parameters(settings), ...counts);
  return `${lines.join("\n")}\n`;
}

function metricLine({ scenario, targetPercentile }: EffectiveSettings, stats: RunStats): string {
  if (scenario === "Server") return `Completed samples per second    : ${stats.perSecond.completed.toFixed(2)}`;
  if (scenario === "Offline") return `Samples per second: ${formatNumber(stats.perSecond.completed)}`;
  return `${(targetPercentile * 100).toFixed(1)}th percentile latency (ns) : ${Math.round(stats.targetNs)}`;
}

function tokenRate(record: RunRecord, { lastDoneS, maxLatencyS }: RunStats): string[] {
  const count = tokenCountOf(record);
  if (count === null) return [];
  if (record.settings.scenario === "Offline") return [`Tokens per second: ${formatNumber(count / maxLatencyS)}`];
  return record.settings.scenario === "Server" ? [`Completed tokens per second: ${(count / lastDoneS).toFixed(2)}`] : [];
}

function additional(record: RunRecord, stats: RunStats): string[] {
  const { scenario } = record.settings;
  const head = scenario === "SingleStream"
    ? [`QPS w/ loadgen overhead         : ${stats.perSecond.completed.toFixed(2)}`, `QPS w/o loadgen overhead        : ${stats.perSecond.withoutHarness!.toFixed(2)}`, ""]
    : scenario === "Server" ? [`Scheduled samples per second : ${stats.perSecond.scheduled!.toFixed(2)}`]
    : scenario === "MultiStream" ? ["Per-query latency:  "] : [];
  return [...head, ...latencies(stats.query ?? stats.sample, "latency", 32), ...tokenLines(record, stats)];
}

/** Of an Offline run LoadGen tells the rate of tokens alone. */
function tokenLines(record: RunRecord, { firstToken, perToken, lastIssuedS, lastDoneS, sample, sampleCount }: RunStats): string[] {
  const { scenario } = record.settings;
  const count = tokenCountOf(record);
  if (count === null || scenario === "Offline") return [];
  const rates = scenario === "SingleStream"
    ? [`TPS w/ loadgen overhead         : ${(count / lastIssuedS).toFixed(2)}`, `TPS w/o loadgen overhead        : ${(count / ((sample.meanNs / 1e9) * sampleCount)).toFixed(2)}`]
    : scenario === "Server" ? [`Completed tokens per second                 : ${(count / lastDoneS).toFixed(2)}`] : [];
  return ["", ...rates, ...(firstToken ? latencies(firstToken, "First Token latency", 44) : []), ...(perToken ? ["", ...latencies(perToken, "Time to Output Token", 45)] : [])];
}

/** LoadGen pads the first three to a width of their own, and writes percentiles in small letters. */
function latencies(stats: LatencyStats, what: string, width: number): string[] {
  const head = (name: string, ns: number) => `${`${name} ${what} (ns)`.padEnd(width)}: ${Math.round(ns)}`;
  return [
    head("Min", stats.minNs), head("Max", stats.maxNs), head("Mean", stats.meanNs),
    ...stats.percentiles.map(({ percentile, ns }) => `${(percentile * 100).toFixed(2)} percentile ${what.toLowerCase()} (ns)   : ${Math.round(ns)}`),
  ];
}

function parameters(settings: EffectiveSettings): string[] {
  return [
    `samples_per_query : ${settings.samplesPerQuery}`, `target_qps : ${formatNumber(settings.targetQps)}`, `target_latency (ns): ${settings.targetLatencyNs}`, `max_async_queries : ${settings.maxAsyncQueries}`,
    `min_duration (ms): ${settings.minDurationMs}`, `max_duration (ms): ${settings.maxDurationMs}`, `min_query_count : ${settings.minQueryCount}`, `max_query_count : ${settings.maxQueryCount}`,
    `qsl_rng_seed : ${settings.seeds.qsl}`, `sample_index_rng_seed : ${settings.seeds.sampleIndex}`, `schedule_rng_seed : ${settings.seeds.schedule}`, "accuracy_log_rng_seed : 0",
    "accuracy_log_probability : 0", "accuracy_log_sampling_target : 0", "print_timestamps : 0",
    `performance_issue_unique : ${Number(settings.picking === "unique")}`, `performance_issue_same : ${Number(settings.picking === "same")}`, `performance_issue_same_index : ${settings.sameIndex}`,
    `performance_sample_count : ${settings.performanceSampleCount}`,
  ];
}

function yes(is: boolean): string {
  return is ? "Yes" : "NO";
}

function count(n: number, what: string): string {
  if (n === 0) return `\nNo ${what}s encountered during test.`;
  return `\n${n} ${what.toUpperCase()}${n === 1 ? "" : "S"} encountered. See detailed log.`;
}

/** As a C++ stream prints a double: six significant digits, no needless zeros. */
export function formatNumber(value: number): string {
  const exponent = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  if (exponent >= -4 && exponent < 6) return String(Number(value.toPrecision(6)));
  return value.toExponential(5).replace(/\.?0+e/, "e").replace(/e([+-])(\d)$/, "e$10$2");
}
