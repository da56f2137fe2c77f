import { expect, test } from "vitest";
import { simulatedRun } from "../testdata/simulated-run.ts";
import type { Comparable } from "./comparable.ts";
import { compareRuns } from "./compare-runs.ts";
import { figuresOf } from "./load-report.ts";
import { runStats } from "./run-stats.ts";
import type { RunSettings } from "./settings.ts";
import { steadyRate } from "./steady-rate.ts";
import { whyNotCompared } from "./why-not-compared.ts";

const MS = 1e6;

function run(changes: Partial<RunSettings>, system: { serviceNs?: number; failEvery?: number } = {}): Comparable {
  const { record } = simulatedRun({ minDurationMs: 1000, ...changes }, { serviceNs: MS, ...system });
  return { figures: figuresOf(record, runStats(record), steadyRate(record), null), settings: record.settings, failedCount: record.failedCount, accuracy: null };
}

test("a run in which everything is refused at once is compared with none: it would be the fastest", () => {
  const refused = run({}, { serviceNs: 1000, failEvery: 1 });
  expect(whyNotCompared(run({}), refused)).toMatch(/^\d+ samples of the run after failed: how soon that was is no latency/);
  expect(whyNotCompared(run({}, { failEvery: 50 }), run({}))).toMatch(/^\d samples? of the run before failed/);
  expect(compareRuns(run({}), refused)).toEqual([]);
});

test.each<[string, Partial<RunSettings>, Partial<RunSettings>, RegExp]>([
  ["scenario", {}, { scenario: "SingleStream" }, /different scenarios: Server before, SingleStream after/],
  ["rate", {}, { targetQps: 50 }, /different rates, in queries\/s: 100 before, 50 after/],
  ["size of queries", { scenario: "MultiStream", samplesPerQuery: 8 }, { scenario: "MultiStream", samplesPerQuery: 4 }, /different sizes, in samples: 8 before, 4 after/],
  ["picking", {}, { picking: "unique" }, /picked their samples differently: drawn before, unique after/],
  ["mode", {}, { mode: "AccuracyOnly" }, /accuracy run without labels/],
])("runs of another %s are not compared, and why is said", (_, before, after, words) => {
  expect(whyNotCompared(run(before), run(after))).toMatch(words);
  expect(compareRuns(run(before), run(after))).toEqual([]);
});

test("the bound, the length and how fast a query was expected to be change no load", () => {
  expect(whyNotCompared(run({}), run({ targetLatencyNs: 500 * MS, minDurationMs: 2000 }))).toBeNull();
  expect(whyNotCompared(run({ scenario: "SingleStream" }), run({ scenario: "SingleStream", targetQps: 1000 }))).toBeNull();
});

test("in Server the rate is what was asked, in Offline a latency is the place in the queue: neither is compared", () => {
  const names = (changes: Partial<RunSettings>) => compareRuns(run(changes), run(changes)).map(({ name }) => name);
  expect(names({})).toEqual(["latency p50", "latency p90", "latency p99"]);
  expect(names({ scenario: "Offline" })).toEqual(["throughput"]);
  expect(names({ scenario: "SingleStream" })).toEqual(["latency p50", "latency p90", "latency p99", "throughput"]);
});
