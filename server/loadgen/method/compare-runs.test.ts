import { expect, test } from "vitest";
import { compareRuns, findRegressions, type Figure } from "./compare-runs.ts";
import { createMt19937 } from "./mt19937.ts";
import { drawGapNs } from "./draw-gap.ts";
import { quantileInterval } from "./quantile-interval.ts";
import { sayDifferences } from "./say-differences.ts";
import { wilsonInterval } from "./wilson-interval.ts";

const latency = (value: number, half: number): { figures: Figure[] } => ({ figures: [{ name: "latency p99", value: value * 1e6, interval: { low: (value - half) * 1e6, high: (value + half) * 1e6 }, unit: "ns", better: "less" }] });

test("the interval of a difference joins both", () => {
  const [difference] = compareRuns(latency(10, 3), latency(15, 4));
  expect(difference).toMatchObject({ by: 5e6, share: 0.5, interval: { low: 0, high: 10e6 }, kind: "no difference seen" });
});

test("worse is worse only where the interval leaves no doubt, and a regression only past the tolerance", () => {
  const differences = compareRuns(latency(10, 0.3), latency(11, 0.4));
  expect(differences[0]!.kind).toBe("worse");
  expect(findRegressions(differences, 0.05)).toHaveLength(1);
  expect(findRegressions(differences, 0.2)).toEqual([]);
  expect(findRegressions(compareRuns(latency(10, 3), latency(15, 4)), 0.05)).toEqual([]);
  expect(compareRuns(latency(11, 0.3), latency(10, 0.4))[0]!.kind).toBe("better");
});

test("more is better for a rate", () => {
  const rate = (value: number): { figures: Figure[] } => ({ figures: [{ name: "throughput", value, interval: { low: value - 1, high: value + 1 }, unit: "1/s", better: "more" }] });
  expect(compareRuns(rate(100), rate(50))[0]!.kind).toBe("worse");
  expect(compareRuns(rate(50), rate(100))[0]!.kind).toBe("better");
});

test("without an interval nothing is claimed; a figure of one run alone is not compared", () => {
  const bare = { figures: [{ ...latency(10, 0).figures[0]!, interval: null }] };
  expect(compareRuns(bare, latency(30, 1))[0]).toMatchObject({ interval: null, kind: "no difference seen" });
  expect(compareRuns({ figures: [] }, bare)).toEqual([]);
  expect(sayDifferences(compareRuns(bare, latency(30, 1)))).toMatch(/10.000 ms → 30.000 ms \(\+200.0 %, interval unknown/);
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
