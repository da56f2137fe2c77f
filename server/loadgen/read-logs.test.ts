// The logs as others read them: the detail log as MLCommons' log_parser.py does (a marker at the head of each line, JSON after it, of several values of a key the first), the summary line by line.
import { expect, test } from "vitest";
import type { Answer } from "./issue-queries.ts";
import { makeTrace } from "./method/make-queries.ts";
import { OFFICIAL_SEEDS, SCENARIOS, type Scenario } from "./method/settings.ts";
import { runLoad, type LoadPlan } from "./run-load.ts";
import { makeLogs } from "./write-logs.ts";

const MARKER = ":::MLLOG";
type Message = { key: string; value: unknown; time_ms: unknown; namespace: unknown; event_type: unknown; metadata: { is_error: unknown; is_warning: unknown } };

function parse(text: string) {
  const lines = text.split("\n").map((line) => line.trimEnd());
  if (!lines[0]!.startsWith(MARKER)) throw new Error(`Marker not found in first line: ${lines[0]}`);
  const messages = lines.filter((line) => line.startsWith(MARKER)).map((line) => JSON.parse(line.slice(MARKER.length)) as Message);
  return { messages, keys: new Set(messages.map(({ key }) => key)), get: (key: string) => messages.find((message) => message.key === key)?.value, errors: messages.filter(({ metadata }) => metadata.is_error) };
}

/** A short run against something that answers after a millisecond or two. */
async function run(scenario: Scenario, changes: Partial<LoadPlan["settings"]> = {}, answer: (sentNs: number) => Answer = () => ({ ok: true, data: null })) {
  const isStream = scenario === "SingleStream" || scenario === "MultiStream";
  const measured = await runLoad({
    what: "run", performanceSamples: null, offlineConcurrency: 4, peakDecimals: 0,
    settings: { scenario, mode: "PerformanceOnly", targetQps: isStream ? 1000 : 100, targetLatencyNs: scenario === "Server" ? 1e9 : 0, targetPercentile: scenario === "SingleStream" ? 0.9 : 0.99, samplesPerQuery: scenario === "MultiStream" ? 2 : 1, minDurationMs: 200, maxDurationMs: 0, minQueryCount: 20, maxQueryCount: 0, maxAsyncQueries: 4096, picking: "drawn", sameIndex: 0, seeds: OFFICIAL_SEEDS, ...changes },
  }, { name: "one that waits", sampleCount: 16, load() {}, judge: () => null, close() {}, send(_sample, answered) { const sentNs = performance.now() * 1e6; setTimeout(() => answered(answer(sentNs)), 1); } });
  const logs = makeLogs(measured, 7);
  return { measured, summary: logs["mlperf_log_summary.txt"], ...parse(logs["mlperf_log_detail.txt"]) };
}

/** What the submission checker asks of every log. */
const ASKED = [
  "sut_name", "effective_scenario", "effective_min_query_count", "effective_samples_per_query", "effective_min_duration_ms", "effective_performance_sample_count", "effective_target_latency_ns", "effective_qsl_rng_seed",
  "effective_sample_index_rng_seed", "effective_schedule_rng_seed", "effective_sample_concatenate_permutation", "generated_query_count", "power_begin", "power_end", "result_validity", "early_stopping_met", "early_stopping_result",
  "result_99.00_percentile_latency_ns", "result_mean_latency_ns", "requested_performance_sample_count_override", "requested_sample_concatenate_permutation",
];
const OWN: Record<Scenario, string[]> = {
  SingleStream: ["requested_single_stream_expected_latency_ns", "early_stopping_latency_ss"],
  MultiStream: ["requested_multi_stream_samples_per_query", "early_stopping_latency_ms", "result_99.00_percentile_per_query_latency_ns"],
  Server: ["requested_server_find_peak_qps_decimals_of_precision", "requested_server_find_peak_qps_boundary_step_size", "requested_server_num_issue_query_threads", "result_completed_samples_per_sec"],
  Offline: ["requested_offline_expected_qps", "result_samples_per_second"],
};

test.each(SCENARIOS)("%s: a log has what is asked of it, with what was requested beside what came of it", async (scenario) => {
  const { measured, messages, keys, get, errors } = await run(scenario);
  expect([...ASKED, ...OWN[scenario]].filter((key) => !keys.has(key))).toEqual([]);
  for (const message of messages) expect(message).toMatchObject({ namespace: "mlperf::logging", event_type: "POINT_IN_TIME", time_ms: expect.any(Number), metadata: { is_error: expect.any(Boolean), is_warning: expect.any(Boolean) } });
  expect(errors).toHaveLength(get("num_errors") as number);
  expect(get("requested_min_query_count")).toBe(20);
  expect(get("effective_min_query_count")).toBe(scenario === "Offline" ? 1 : 20);
  expect(get("effective_max_async_queries")).toBe(scenario === "Server" ? 4096 : 1);
  const { record, set } = measured.last;
  const { queries, durationNs } = makeTrace(record.settings, set);
  expect(get("generated_query_duration")).toBe(durationNs);
  // As far as the query after the last one.
  expect(durationNs).toBeGreaterThan(queries.at(-1)!.scheduledNs);
});

test("a run that comes to its greatest length says so as LoadGen does: an error of the log", async () => {
  const { get, errors, summary } = await run("SingleStream", { minDurationMs: 1000, maxDurationMs: 100 });
  expect(get("error_runtime")).toMatch(/^IssueQueryThread 0 Ending early: Max test duration reached\. duration_ns \d+$/);
  expect(errors).toHaveLength(1);
  expect(summary).toContain("\n1 ERROR encountered. See detailed log.\n");
  expect((await run("SingleStream", { maxQueryCount: 5 })).get("error_runtime")).toBe("IssueQueryThread 0 Ending early: Max query count reached. query_count 5");
});

test("tokens have LoadGen's keys and words", async () => {
  const answer = (sentNs: number): Answer => ({ ok: true, data: null, firstTokenAtNs: sentNs, tokenCount: 5 });
  const { keys, summary } = await run("SingleStream", {}, answer);
  const asked = ["result_first_token_min_latency_ns", "result_first_token_99.00_percentile_latency_ns", "result_time_per_output_token_99.00_percentile_ns", "result_time_to_output_token_min", "result_time_to_output_token_max", "result_time_to_output_token_mean", "result_token_throughput_with_loadgen_overhead", "result_completed_tokens_per_second"];
  expect(asked.filter((key) => !keys.has(key))).toEqual([]);
  expect(summary).toMatch(/\n\nTPS w\/ loadgen overhead {9}: [\d.]+\nTPS w\/o loadgen overhead {8}: [\d.]+\nMin First Token latency \(ns\) {16}: \d+\n/);
  expect(summary).toMatch(/99\.90 percentile first token latency \(ns\) {3}: \d+\n\nMin Time to Output Token \(ns\) {16}: \d+\n/);
  const offline = await run("Offline", {}, answer);
  expect([...offline.keys].filter((key) => key.includes("token"))).toEqual(["result_tokens_per_second"]);
  expect(offline.summary).toMatch(/Samples per second: .*\nTokens per second: /);
});

test("the summary has LoadGen's decimals and blank lines", async () => {
  const { summary } = await run("Server");
  expect(summary).toMatch(/\nScheduled samples per second : [\d.]+\nMin latency \(ns\) {16}: \d+\n/);
  expect(summary).toMatch(/\nperformance_sample_count : 16\n\nNo warnings encountered during test\.\n\nNo errors encountered during test\.\n$/);
  expect((await run("MultiStream")).summary).toMatch(/\n99\.0th percentile latency \(ns\) : \d+\n/);
});
