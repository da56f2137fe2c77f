import { expect, test } from "vitest";
import type { Comparable, Figure } from "./comparable.ts";
import { compareRuns } from "./compare-runs.ts";
import { judgeGate } from "./judge-gate.ts";

const TOLERANCES = { latency: 0.1, accuracy: 0 };
const p99 = (ms: number, isKnown = true): Figure => ({ name: "latency p99", value: ms * 1e6, interval: isKnown ? { low: (ms - 0.1) * 1e6, high: (ms + 0.1) * 1e6 } : null, why: isKnown ? null : "120 samples are too few for an interval.", unit: "ns", better: "less" });
const rate = (value: number): Figure => ({ name: "throughput", value, interval: { low: value - 1, high: value + 1 }, unit: "1/s", better: "more" });
const run = (figures: Figure[], more: Partial<Comparable> = {}): Comparable => ({ figures, verdict: { isValid: true, recommendations: [], earlyStopping: "" }, ...more });
const gate = (before: Comparable, after: Comparable) => judgeGate(before, after, compareRuns(before, after), TOLERANCES);

test("a gate is open where every figure is known and none is worse", () => {
  expect(gate(run([p99(10), rate(100)]), run([p99(10.2), rate(100)]))).toEqual({ passes: true, regressions: [], unjudged: [] });
  expect(gate(run([p99(10)]), run([p99(12)]))).toEqual({ passes: false, regressions: ["latency p99"], unjudged: [] });
});

test("tenfold the latency in too few samples closes it: nothing is surely worse, and nothing is known", () => {
  expect(gate(run([p99(10, false)]), run([p99(100, false)]))).toEqual({
    passes: false, regressions: [], unjudged: [{ name: "latency p99", why: "Before: 120 samples are too few for an interval. After: 120 samples are too few for an interval." }],
  });
  expect(gate(run([p99(10)]), run([p99(10, false)])).unjudged).toEqual([{ name: "latency p99", why: "After: 120 samples are too few for an interval." }]);
});

test("a throughput that was steady and is no longer closes it, with why it is not", () => {
  const throttled = run([p99(10)], { steady: { why: "The last three sixths of the run do not agree within 10 %: 100, 50, 50 /s." } });
  expect(gate(run([p99(10), rate(100)]), throttled)).toMatchObject({ passes: false, unjudged: [{ name: "throughput", why: "The run after has none. The last three sixths of the run do not agree within 10 %: 100, 50, 50 /s." }] });
  expect(gate(throttled, run([p99(10), rate(100)])).unjudged).toMatchObject([{ name: "throughput", why: expect.stringMatching(/^The run before has none\. The last three/) }]);
  expect(gate(run([]), run([], { steady: { why: "Nothing was answered." } })).unjudged).toEqual([{ name: "every figure", why: "Neither run has one to be compared by. Nothing was answered." }]);
});

test("an INVALID run passes no gate, and none is held against one", () => {
  const late = run([p99(10)], { verdict: { isValid: false, recommendations: ["Reduce target QPS to improve latency."], earlyStopping: "" } });
  const short = run([p99(10)], { verdict: { isValid: false, recommendations: [], earlyStopping: " * Only processed 63 queries.\n * Need to process at least 64 queries for early stopping." } });
  expect(gate(run([p99(10)]), late)).toEqual({ passes: false, regressions: [], unjudged: [{ name: "validity", why: "The run after is INVALID. Reduce target QPS to improve latency." }] });
  expect(gate(short, run([p99(10)])).unjudged).toEqual([{ name: "validity", why: "The run before is INVALID. Only processed 63 queries. Need to process at least 64 queries for early stopping." }]);
});
