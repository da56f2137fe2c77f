// Every figure of a run against a system of known delays is the one a formula gives.
import { expect, test } from "vitest";
import { judgeRun } from "./method/judge-run.ts";
import { runStats, PERCENTILES } from "./method/run-stats.ts";
import { steadyRate } from "./method/steady-rate.ts";
import { simulatedRun } from "./testdata/simulated-run.ts";

const MS = 1e6;

test("SingleStream: each query takes the delay, the next one follows at once", () => {
  const { record } = simulatedRun({ scenario: "SingleStream", targetQps: 1e9 / (2 * MS), targetPercentile: 0.9, targetLatencyNs: 0 }, { serviceNs: 5 * MS });
  const stats = runStats(record)!;
  // Issued at 0, 5, 10 … ms until the first one at or after 6 s.
  expect(stats.queryCount).toBe(6000 / 5 + 1);
  expect(stats.lastIssuedS).toBe(6);
  expect(stats.sample).toMatchObject({ minNs: 5 * MS, maxNs: 5 * MS, meanNs: 5 * MS });
  expect(stats.sample.percentiles.map(({ ns }) => ns)).toEqual(PERCENTILES.map(() => 5 * MS));
  expect(stats.perSecond).toEqual({ completed: 200, scheduled: null, withoutHarness: 200 });
  expect(stats.estimateNs).toBe(5 * MS);
  expect(stats.estimate99Ns).toBe(5 * MS);
  expect(judgeRun(record, stats)).toMatchObject({ isValid: true, recommendations: [] });
  expect(steadyRate(record).rate?.perSecond).toBeCloseTo(200, 0);
});

test("percentiles are order statistics without interpolation, the mean is cut", () => {
  let n = 0;
  const { record } = simulatedRun({ scenario: "SingleStream", targetQps: 1e9 / (2 * MS), targetPercentile: 0.9, minDurationMs: 100, minQueryCount: 1000, targetLatencyNs: 0 }, { serviceNs: () => ++n * 1000 + 1 });
  const stats = runStats(record)!;
  expect(stats.sampleCount).toBe(1000);
  expect(stats.sample.percentiles.map(({ ns }) => ns)).toEqual([501_001, 901_001, 951_001, 971_001, 991_001, 1_000_001]);
  expect(stats.sample.meanNs).toBe(500_501);
});

test("MultiStream: a query lasts as long as its samples one after the other", () => {
  const { record } = simulatedRun({ scenario: "MultiStream", samplesPerQuery: 8, targetQps: 1e9 / (4 * MS), targetLatencyNs: 0, totalSampleCount: 64 }, { serviceNs: MS });
  const stats = runStats(record)!;
  expect(stats.query).toMatchObject({ minNs: 8 * MS, maxNs: 8 * MS, meanNs: 8 * MS });
  expect(stats.sample).toMatchObject({ minNs: MS, maxNs: 8 * MS, meanNs: 4.5 * MS });
  expect(stats.queryCount).toBe(6000 / 8 + 1);
  expect(stats.sampleCount).toBe(8 * stats.queryCount);
  expect(stats.estimateNs).toBe(8 * MS);
});

test("Server: latencies are those of a queue with one server (Lindley), from the scheduled times", () => {
  const { record, queries } = simulatedRun({ targetQps: 150 }, { serviceNs: 5 * MS });
  let freeNs = 0;
  const expected = queries.map(({ scheduledNs }) => {
    freeNs = Math.max(freeNs, scheduledNs) + 5 * MS;
    return freeNs - scheduledNs;
  });
  expect(record.sampleLatenciesNs).toEqual(expected);
  const stats = runStats(record)!;
  const sorted = [...expected].sort((a, b) => a - b);
  expect(stats.targetNs).toBe(sorted[Math.floor(sorted.length * 0.99)]);
  expect(stats.overBoundCount).toBe(expected.filter((ns) => ns > 15 * MS).length);
  expect(stats.perSecond.scheduled).toBe((queries.length - 1) / (queries.at(-1)!.scheduledNs / 1e9));
  expect(stats.perSecond.completed).toBe((queries.length - 1) / (freeNs / 1e9));
});

test("Offline: one query of all samples, of which as many as there are servers run at once", () => {
  const { record } = simulatedRun({ scenario: "Offline", targetQps: 800 / 1.1 }, { serviceNs: 5 * MS, servers: 4, offlineConcurrency: 4 });
  const stats = runStats(record)!;
  expect(stats.queryCount).toBe(1);
  expect(stats.sampleCount).toBe(4800);
  expect(stats.maxLatencyS).toBe(6);
  expect(stats.perSecond.completed).toBe(800);
  expect(judgeRun(record, stats).isValid).toBe(true);
});

test("Server: a pause of one second shows as every request that was due in it, not as one", () => {
  const pause = { atNs: 2e9, forNs: 1e9 };
  const { record, queries } = simulatedRun({ targetQps: 100 }, { serviceNs: 0.1 * MS, pause });
  const inPause = queries.filter(({ scheduledNs }) => scheduledNs >= pause.atNs && scheduledNs < pause.atNs + pause.forNs - 15 * MS).length;
  const late = runStats(record)!.overBoundCount!;
  expect(inPause).toBeGreaterThan(70);
  expect(late).toBeGreaterThanOrEqual(inPause);
  expect(late).toBeLessThanOrEqual(inPause + 5);
  expect(judgeRun(record, runStats(record))).toMatchObject({ isValid: false, isBoundMet: false });
});

test("a system slower than its arrivals is INVALID, with what to do", () => {
  const { record } = simulatedRun({ targetQps: 300 }, { serviceNs: 5 * MS });
  const verdict = judgeRun(record, runStats(record));
  expect(verdict.isValid).toBe(false);
  expect(verdict.recommendations).toContain("Reduce target QPS to improve latency.");
  expect(verdict.earlyStopping).toMatch(/Run unsuccessful/);
  expect(steadyRate(record).windows.at(-1)!.meanNs).toBeGreaterThan(steadyRate(record).windows[0]!.meanNs!);
});

test("a run with too few queries says how many are needed", () => {
  const { record } = simulatedRun({ scenario: "SingleStream", targetPercentile: 0.9, minDurationMs: 62 * 5, targetQps: 1e9 / (4 * MS), targetLatencyNs: 0 }, { serviceNs: 5 * MS });
  const verdict = judgeRun(record, runStats(record));
  expect(record.issuedNs).toHaveLength(63);
  expect(verdict).toMatchObject({ isValid: false, isEarlyStoppingMet: false, earlyStopping: " * Only processed 63 queries.\n * Need to process at least 64 queries for early stopping." });
});

test("a run whose prepared queries ran out is too short, and says how to prepare more", () => {
  const { record } = simulatedRun({ scenario: "SingleStream", targetPercentile: 0.9, targetQps: 10, targetLatencyNs: 0 }, { serviceNs: MS });
  expect(record.ranOut).toBe(true);
  expect(judgeRun(record, runStats(record)).recommendations).toContain("Decrease the expected latency so the loadgen pre-generates more queries.");
});

test("a late harness may not call its run VALID", () => {
  const { record } = simulatedRun({}, { serviceNs: MS });
  record.harnessLagP99Ns = 1.5 * MS;
  expect(judgeRun(record, runStats(record)).isValid).toBe(true);
  record.harnessLagP99Ns = 1.5 * MS + 1;
  expect(judgeRun(record, runStats(record))).toMatchObject({ isValid: false, isHarnessOnTime: false, recommendations: [expect.stringMatching(/harness itself was late: 1.50 ms/)] });
  record.harnessLagP99Ns = null;
  expect(judgeRun(record, runStats(record)).isValid).toBe(false);
});

test("one failed sample makes a run INVALID and is named", () => {
  const { record } = simulatedRun({}, { serviceNs: MS, failEvery: 200 });
  expect(judgeRun(record, runStats(record)).recommendations[0]).toMatch(/^\d+ of \d+ samples failed; the first: status 500$/);
});

test.each(["Server", "SingleStream", "MultiStream", "Offline"] as const)("%s: a stopped run ends, counts what it sent, and is INVALID", (scenario) => {
  const { record } = simulatedRun({ scenario, targetQps: 200, samplesPerQuery: scenario === "MultiStream" ? 4 : 1 }, { serviceNs: MS, stopAtNs: 1e9 });
  expect(record.cutShort).toBe("Stopped.");
  expect(record.sampleLatenciesNs).toHaveLength(record.sampleIndices.length);
  expect(record.sampleLatenciesNs.every((ns) => ns > 0)).toBe(true);
  expect(judgeRun(record, runStats(record)).isValid).toBe(false);
});

test("unbounded waiting ends the run: more unanswered than allowed", () => {
  const { record } = simulatedRun({ targetQps: 1000, maxAsyncQueries: 50 }, { serviceNs: 5 * MS });
  expect(record.cutShort).toMatch(/More than 50 queries were unanswered/);
  expect(record.issuedNs.length).toBeLessThan(200);
});

test("accuracy mode asks every sample once, in each scenario", () => {
  for (const scenario of ["Server", "SingleStream", "MultiStream", "Offline"] as const) {
    const { record } = simulatedRun({ scenario, mode: "AccuracyOnly", samplesPerQuery: scenario === "MultiStream" ? 8 : 1 }, { serviceNs: MS });
    const asked = scenario === "MultiStream" ? new Set(record.sampleIndices) : record.sampleIndices;
    expect([...asked].sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i));
  }
});

test("samples may be all different, all the same, or equally often", () => {
  const unique = simulatedRun({ picking: "unique" }, { serviceNs: MS }).record.sampleIndices;
  expect(new Set(unique).size).toBe(64);
  expect(unique).toHaveLength(64);
  const same = simulatedRun({ picking: "same", sameIndex: 3 }, { serviceNs: MS }).record.sampleIndices;
  expect(new Set(same).size).toBe(1);
  const equal = simulatedRun({ picking: "equal", minQueryCount: 100, minDurationMs: 1 }, { serviceNs: MS }).record.sampleIndices;
  expect(equal).toHaveLength(128);
  expect([...new Map(equal.map((sample) => [sample, equal.filter((other) => other === sample).length])).values()].every((count) => count === 2)).toBe(true);
});
