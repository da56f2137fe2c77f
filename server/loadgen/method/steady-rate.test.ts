import { expect, test } from "vitest";
import { simulatedRun } from "../testdata/simulated-run.ts";
import { figuresOf } from "./load-report.ts";
import { runStats } from "./run-stats.ts";
import { steadyRate } from "./steady-rate.ts";

const MS = 1e6;
/** Of 5016 samples. */
const offline = { scenario: "Offline", targetQps: 760, targetLatencyNs: 0 } as const;
const single = { scenario: "SingleStream", targetQps: 1e9 / MS, targetPercentile: 0.9, targetLatencyNs: 0 } as const;

/** The first `count` samples take one time, all others another. */
const twoSpeeds = (count: number, firstNs: number, restNs: number) => {
  let n = 0;
  return () => (n++ < count ? firstNs : restNs);
};

test("a run that throttles at its end has no steady rate: an earlier stretch that agreed is not how it went on", () => {
  // 4 s at 1 ms and then 2 s at 2 ms: of its sixths the first four agree, the last three do not.
  const { record } = simulatedRun(offline, { serviceNs: twoSpeeds(4000, MS, 2 * MS) });
  const steady = steadyRate(record);
  expect(steady.windows.slice(0, 3).map(({ perSecond }) => Math.round(perSecond / 10))).toEqual([100, 100, 100]);
  expect(steady.rate).toBeNull();
  expect(steady.why).toMatch(/^The last three sixths of the run do not agree within 10 %: 9\d\d, \d+, \d+ \/s\.$/);
  expect(figuresOf(record, runStats(record), steady, null).find(({ name }) => name === "throughput")).toBeUndefined();
});

test("a run that was slow to begin with is as steady as its second half", () => {
  const { record } = simulatedRun(offline, { serviceNs: twoSpeeds(200, 10 * MS, MS) });
  expect(steadyRate(record)).toMatchObject({ why: null, latencyWhy: null });
  expect(steadyRate(record).rate?.perSecond).toBeCloseTo(1000, -1);
});

test("latencies that do not settle keep LoadGen's percentiles, and have no interval to claim anything from", () => {
  const { record } = simulatedRun(single, { serviceNs: twoSpeeds(4000, MS, 3 * MS) });
  const [stats, steady] = [runStats(record), steadyRate(record)];
  expect(steady.latencyWhy).toMatch(/^The last three sixths of the run do not agree within 10 %: .* ms on average\.$/);
  const figures = figuresOf(record, stats, steady, null);
  expect(figures.map(({ name }) => name)).toEqual(["latency p50", "latency p90", "latency p99"]);
  expect(figures[0]).toMatchObject({ value: MS, interval: null, why: steady.latencyWhy });
  expect(stats!.sample.percentiles[0]).toMatchObject({ ns: MS, interval: { low: MS } });
});

test("one that settles has them; too few samples for one say so", () => {
  const { record } = simulatedRun(single, { serviceNs: 50 * MS });
  const figures = figuresOf(record, runStats(record), steadyRate(record), null);
  expect(figures).toMatchObject([{ name: "latency p50", interval: { low: 50 * MS } }, { name: "latency p90", interval: { low: 50 * MS } }, { name: "latency p99", interval: null, why: "121 samples are too few for an interval." }, { name: "throughput" }]);
});

test("with a failed sample nothing is steady: a refusal is soon answered", () => {
  const { record } = simulatedRun(single, { serviceNs: MS, failEvery: 100 });
  expect(steadyRate(record)).toMatchObject({ rate: null, why: expect.stringMatching(/^\d+ of \d+ samples failed\.$/), latencyWhy: expect.stringMatching(/samples failed/) });
});
