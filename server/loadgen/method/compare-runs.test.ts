import { expect, test } from "vitest";
import type { GradedAnswers } from "./accuracy-report.ts";
import type { Comparable, Figure } from "./comparable.ts";
import { compareRuns, findRegressions } from "./compare-runs.ts";
import { createMt19937 } from "./mt19937.ts";
import { drawGapNs } from "./draw-gap.ts";
import { quantileInterval } from "./quantile-interval.ts";
import { sayDifferences } from "./say-differences.ts";
import { whyNotCompared } from "./why-not-compared.ts";
import { wilsonInterval } from "./wilson-interval.ts";

const latency = (value: number, half: number): { figures: Figure[] } => ({ figures: [{ name: "latency p99", value: value * 1e6, interval: { low: (value - half) * 1e6, high: (value + half) * 1e6 }, unit: "ns", better: "less" }] });

const within = (latency: number, accuracy = 0) => ({ latency, accuracy });
const graded = (outcomes: string, dataDigest = "d1"): Comparable => ({ figures: [], accuracy: { asked: 0, labelled: 0, correct: 0, interval: null, graded: { outcomes, dataDigest } as GradedAnswers } });

test("the interval of a difference joins both", () => {
  const [difference] = compareRuns(latency(10, 3), latency(15, 4));
  expect(difference).toMatchObject({ by: 5e6, share: 0.5, interval: { low: 0, high: 10e6 }, kind: "no difference seen" });
});

test("worse is worse only where the interval leaves no doubt, and a regression only past the tolerance", () => {
  const differences = compareRuns(latency(10, 0.3), latency(11, 0.4));
  expect(differences[0]!.kind).toBe("worse");
  expect(findRegressions(differences, within(0.05))).toHaveLength(1);
  expect(findRegressions(differences, within(0.2))).toEqual([]);
  expect(findRegressions(compareRuns(latency(10, 3), latency(15, 4)), within(0.05))).toEqual([]);
  expect(compareRuns(latency(11, 0.3), latency(10, 0.4))[0]!.kind).toBe("better");
});

test("more is better for a rate", () => {
  const rate = (value: number): { figures: Figure[] } => ({ figures: [{ name: "throughput", value, interval: { low: value - 1, high: value + 1 }, unit: "1/s", better: "more" }] });
  expect(compareRuns(rate(100), rate(50))[0]!.kind).toBe("worse");
  expect(compareRuns(rate(50), rate(100))[0]!.kind).toBe("better");
});

test("without an interval nothing is claimed; a figure of one run alone is not compared", () => {
  const bare = { figures: [{ ...latency(10, 0).figures[0]!, interval: null }] };
  expect(compareRuns(bare, latency(30, 1))[0]).toMatchObject({ interval: null, why: "Before: it has no interval.", kind: "cannot be told" });
  expect(compareRuns({ figures: [] }, bare)).toEqual([]);
  expect(sayDifferences(compareRuns(bare, latency(30, 1)))).toMatch(/10.000 ms → 30.000 ms \(\+200.0 %, interval unknown\): cannot be told$/);
});

test("95 % of intervals hold the true quantile", () => {
  const random = createMt19937(7n);
  let held = 0;
  for (let round = 0; round < 400; round++) {
    const sorted = Float64Array.from({ length: 400 }, () => drawGapNs(random, 1)).sort();
    const { low, high } = quantileInterval(sorted, 0.9)!;
    const truth = -Math.log(0.1) * 1e9;
    if (low <= truth && truth <= high) held++;
  }
  expect(held / 400).toBeGreaterThan(0.92);
  expect(held / 400).toBeLessThan(0.99);
});

test("too few values for a quantile have no interval", () => {
  expect(quantileInterval([1, 2, 3], 0.99)).toBeNull();
});

test("Wilson's interval of 8 in 10", () => {
  const { low, high } = wilsonInterval(8, 10);
  expect(low).toBeCloseTo(0.4902, 3);
  expect(high).toBeCloseTo(0.9433, 3);
});

test("accuracies are compared sample by sample: what failed is wrong, and 30 in 100 lost are surely worse", () => {
  const before = graded("r".repeat(100));
  const after = graded(`${"w".repeat(20)}${"f".repeat(5)}${"u".repeat(5)}${"r".repeat(70)}`);
  const differences = compareRuns(before, after);
  expect(differences).toMatchObject([{ name: "accuracy", unit: "share", before: 1, after: 0.7, kind: "worse", pairs: { gained: 0, lost: 30 } }]);
  expect(differences[0]!.interval!.high).toBeLessThan(-0.2);
  expect(findRegressions(differences, within(10)).map(({ name }) => name)).toEqual(["accuracy"]);
  expect(findRegressions(differences, within(10, 0.31))).toEqual([]);
  expect(compareRuns(after, before)[0]).toMatchObject({ kind: "better", pairs: { gained: 30, lost: 0 } });
  expect(sayDifferences(differences)).toMatch(/^accuracy: 100.00 % → 70.00 % \(−30.00 points, between −39.* and −21.*; 0 samples are right now, 30 no longer\): worse$/);
});

test("one sample more wrong is no difference seen, and none right before gives no share of it", () => {
  expect(compareRuns(graded("rrrr"), graded("rrrw"))[0]!.kind).toBe("no difference seen");
  expect(compareRuns(graded("ww"), graded("wr"))[0]).toMatchObject({ before: 0, after: 0.5, share: 0 });
});

test("accuracies of other samples, of half a run, or beside a performance run are not compared, and why is said", () => {
  expect(whyNotCompared(graded("rr"), graded("rr"))).toBeNull();
  expect(whyNotCompared(latency(1, 1), latency(1, 1))).toBeNull();
  for (const [before, words] of [[graded("rr", "d2"), /different samples/], [graded("r-"), /ended before every sample/], [latency(1, 1), /the other is none/]] as const) {
    expect(whyNotCompared(before, graded("rr"))).toMatch(words);
    expect(compareRuns(before, graded("rr"))).toEqual([]);
  }
});
