// The logs are LoadGen's: every line of the detail log parses as its parser parses it, and bears the keys a reader looks for.
import { expect, test } from "vitest";
import { judgeRun } from "./method/judge-run.ts";
import { runStats } from "./method/run-stats.ts";
import type { Mode, Scenario } from "./method/settings.ts";
import { writeDetail } from "./method/write-detail.ts";
import { formatNumber, writeSummary } from "./method/write-summary.ts";
import { writeAccuracy, writeTrace } from "./method/write-traces.ts";
import { simulatedRun } from "./testdata/simulated-run.ts";

const MS = 1e6;

type Trace = { traceEvents: { ph?: string; id?: number; ts?: number; args?: { query_seq: number } }[]; otherData: { samples: number; samples_left_out: number } };
const traced = (sets: Parameters<typeof writeTrace>[0], limit?: number) => JSON.parse(writeTrace(sets, 7, limit)) as Trace;

function logs(scenario: Scenario, failEvery?: number, mode: Mode = "PerformanceOnly") {
  const isStream = scenario === "SingleStream" || scenario === "MultiStream";
  const { record, queries } = simulatedRun({ scenario, mode, targetQps: isStream ? 500 : scenario === "Offline" ? 182 : 100, targetLatencyNs: scenario === "Server" ? 100 * MS : 0, targetPercentile: scenario === "SingleStream" ? 0.9 : 0.99, samplesPerQuery: scenario === "MultiStream" ? 2 : 1 }, { serviceNs: 5 * MS, ...(failEvery === undefined ? {} : { failEvery }) });
  const stats = runStats(record);
  const verdict = judgeRun(record, stats);
  const set = { loaded: [2, 1, 0], generatedQueries: queries.length, generatedSamplesPerQuery: 1, generatedDurationNs: 1, beginMs: 0, endMs: 6001, beginIso: "2026-01-02T03:04:05.678Z", endIso: "2026-01-02T03:04:11.679Z" };
  const detail = writeDetail({ sut: "simulated", record, stats, verdict, sets: [set, ...(mode === "AccuracyOnly" ? [{ ...set, loaded: [3] }] : [])], beginIso: set.beginIso, durationMs: 6001, pid: 7 });
  const values = new Map(detail.text.trimEnd().split("\n").map((line) => {
    expect(line.startsWith(":::MLLOG ")).toBe(true);
    // A 64-bit seed is more than a double holds; Python reads it whole.
    const { key, value } = JSON.parse(line.slice(":::MLLOG".length)) as { key: string; value: unknown };
    return [key, value];
  }));
  return { record, stats: stats!, verdict, detail, values, summary: writeSummary("simulated", record, stats, verdict, detail) };
}

test("Server: validity and rates are read back from the detail log", () => {
  const { values, stats, summary } = logs("Server");
  expect(values.get("result_validity")).toBe("VALID");
  expect(values.get("early_stopping_met")).toBe(true);
  expect(values.get("result_completed_samples_per_sec")).toBe(stats.perSecond.completed);
  expect(values.get("result_99.00_percentile_latency_ns")).toBe(Math.round(stats.targetNs));
  expect(values.get("power_begin")).toBe("01-02-2026 03:04:05.678");
  expect(values.get("effective_target_latency_ns")).toBe(100 * MS);
  expect(values.get("loaded_qsl_set")).toEqual([2, 1, 0]);
  expect(summary).toContain(`Completed samples per second    : ${stats.perSecond.completed.toFixed(2)}`);
  expect(summary).toContain("Result is : VALID\n  Performance constraints satisfied : Yes\n  Min duration satisfied : Yes");
});

test("the seeds stand in the detail log with all their digits", () => {
  expect(logs("Server").detail.text).toContain('"effective_schedule_rng_seed", "value": 16159082839903944936,');
});

test("SingleStream: the estimate is in both logs", () => {
  const { values, summary } = logs("SingleStream");
  expect(values.get("result_validity")).toBe("VALID");
  expect(values.get("early_stopping_latency_ss")).toBe(5 * MS);
  expect(summary).toContain("90.0th percentile latency (ns) : 5000000\nResult is : VALID");
  expect(summary).toContain("Early stopping 99.0th percentile estimate: 5000000");
  expect(summary).toContain("No errors encountered during test.");
});

test("MultiStream has per-query latencies, Offline samples per second", () => {
  expect(logs("MultiStream").values.get("result_99.00_percentile_per_query_latency_ns")).toBe(10 * MS);
  expect(logs("Offline").values.get("result_samples_per_second")).toBeCloseTo(200, 6);
  expect(logs("Offline").summary).toMatch(/Samples per second: 200\nResult is : VALID/);
});

test("failures are errors of the detail log, counted in the summary", () => {
  const { values, summary } = logs("Server", 100);
  expect(values.get("num_errors")).toBe(1);
  expect(values.get("error_runtime")).toMatch(/samples failed. The first: status 500/);
  expect(summary).toContain("1 ERROR encountered. See detailed log.");
});

test("nothing says it is an MLPerf result", () => {
  const { summary, detail } = logs("Server");
  expect(summary).toContain("not an MLPerf result");
  expect(detail.text).toContain("not an MLPerf result");
});

test("the accuracy log has each answer in hexadecimal, the trace a beginning and an end of each sample", () => {
  expect(JSON.parse(writeAccuracy([{ sequence: 0, sample: 5, data: Uint8Array.of(0, 171) }]))).toEqual([{ seq_id: 0, qsl_idx: 5, data: "00AB" }]);
  const { record } = logs("MultiStream");
  const second = traced([{ record, beginNs: 0 }]).traceEvents.filter(({ id }) => id === 3);
  expect(second.map(({ ph }) => ph)).toEqual(["b", "e"]);
  expect(second[1]!.ts! - second[0]!.ts!).toBe(10 * MS);
});

test.each(["SingleStream", "Server", "Offline"] as const)("of an accuracy run in %s the logs have each set and no result, as LoadGen's", (scenario) => {
  const { record, verdict, detail, values, summary } = logs(scenario, undefined, "AccuracyOnly");
  expect([...values.keys()].filter((key) => /^(result_|early_stopping_)/.test(key))).toEqual([]);
  expect(values.get("generic_message")).toBe("Starting accuracy mode");
  expect(detail.text.match(/"loaded_qsl_set", "value": \[[\d,]+\]/g)).toEqual(['"loaded_qsl_set", "value": [2,1,0]', '"loaded_qsl_set", "value": [3]']);
  expect(summary).not.toContain("Result is");
  expect(summary).toContain("No errors encountered during test.");
  // Too short for any scenario, and with no bound to keep: nothing of that is asked of it.
  expect(verdict).toMatchObject({ isValid: true, recommendations: [] });
  const { traceEvents, otherData } = traced([{ record, beginNs: 0 }, { record, beginNs: 1e9 }]);
  const begins = traceEvents.filter(({ ph }) => ph === "b");
  expect(begins.map(({ id }) => id)).toEqual(Array.from({ length: 128 }, (_, at) => at));
  expect(begins[64]!.ts! - begins[0]!.ts!).toBe(1e9);
  expect(begins[64]!.args!.query_seq).toBe(record.issuedNs.length);
  expect(otherData).toMatchObject({ samples: 128, samples_left_out: 0 });
});

test("a failed sample is an error of an accuracy run's logs too, and it is not whole", () => {
  const { verdict, summary } = logs("SingleStream", 10, "AccuracyOnly");
  expect(summary).toContain("1 ERROR encountered. See detailed log.");
  expect(verdict).toMatchObject({ isValid: false, isEverythingAnswered: false, recommendations: ["6 samples failed; the first: status 500"] });
});

test("a trace ends at its limit, within a set or before one, and says what is left out", () => {
  const { record } = logs("SingleStream", undefined, "AccuracyOnly");
  for (const [limit, left] of [[70, 58], [64, 64], [10, 118]] as const) {
    const { traceEvents, otherData } = traced([{ record, beginNs: 0 }, { record, beginNs: 0 }], limit);
    expect(traceEvents.filter(({ ph }) => ph === "b")).toHaveLength(limit);
    expect(otherData).toMatchObject({ samples: 128, samples_left_out: left });
  }
});

test.each([[100, "100"], [37.5, "37.5"], [1234567, "1.23457e+06"], [0.00001, "1e-05"], [99.99999, "100"], [0, "0"]])("%d is written %s", (value, text) => {
  expect(formatNumber(value)).toBe(text);
});
