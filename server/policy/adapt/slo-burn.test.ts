import { expect, test } from "vitest";
import { seededRandom } from "../../model/seeded-random.ts";
import { type BurnSecond, burnOf, burnSecond, sayBurn } from "./slo-burn.ts";

const SLO = { quantile: 0.99, latencyMs: 100 };
/** Seconds from 1 on, oldest first. */
const seconds = (...parts: [count: number, p50: number, p99: number, answered?: number][]): BurnSecond[] => parts.flatMap(([count, p50, p99, answered = 20]) => Array.from({ length: count }, () => ({ answered, latencyMsP50: p50, latencyMsP99: p99 }))).map((one, index) => ({ ...one, atMs: (index + 1) * 1_000 }));
const at = (list: BurnSecond[]) => burnOf(list, SLO, (list.at(-1)?.atMs ?? 0) + 1);

test("within the SLO nothing burns, and nothing is said without requests or of too few", () => {
  expect(at(seconds([400, 40, 99]))).toMatchObject({ isBurning: false, windows: [{ longRate: 0, shortRate: 0 }, { longRate: 0, shortRate: 0 }] });
  expect(burnOf([], SLO, 5_000)).toMatchObject({ isBurning: false, windows: [{ longRate: null }, { longRate: null }] });
  expect(at(seconds([400, 200, 300, 0.01])).isBurning).toBe(false);
});

test("a request that a processor makes many steps of counts when it is answered: steps before that are not requests that were fast", () => {
  const list = Array.from({ length: 60 }, (_, index) => {
    const latency = index % 5 === 4 ? 5_000 : null;
    return burnSecond((index + 1) * 1_000, { requests: latency === null ? 20 : 0, errors: 0, latencyMsP50: latency, latencyMsP99: latency });
  });
  expect(list.slice(3, 5)).toEqual([{ atMs: 4_000, answered: 0, latencyMsP50: null, latencyMsP99: null }, { atMs: 5_000, answered: 1, latencyMsP50: 5_000, latencyMsP99: 5_000 }]);
  expect(burnOf(list, SLO, 60_001).windows[0]?.longRate).toBeCloseTo(100);
  expect(burnSecond(0, { requests: 22, errors: 2, latencyMsP50: 40, latencyMsP99: 50 }).answered).toBe(20);
});

test("rates are the share that is too slow, by requests, over the budget", () => {
  const [fast] = at(seconds([60, 200, 200])).windows;
  expect(fast?.longRate).toBeCloseTo(100);
  const mixed = at(seconds([30, 40, 50, 10], [30, 200, 200, 30])).windows[0];
  expect(mixed?.longRate).toBeCloseTo(75);
  // Half way, as logarithms, from a median of 50 to a 99th percentile of 200.
  expect(at(seconds([60, 50, 200])).windows[0]?.longRate).toBeCloseTo((1 - 0.745) / 0.01);
});

test("fast: a minute that matters and five seconds in which it goes on; a spike alone is not enough, nor what is over", () => {
  expect(at(seconds([350, 40, 50], [3, 200, 200])).isBurning).toBe(false);
  const burning = at(seconds([350, 40, 50], [15, 200, 200]));
  expect(burning.windows.map((window) => window.isBurning)).toEqual([true, false]);
  expect(sayBurn(burning)?.words).toContain("In 60 s");
  expect(at(seconds([350, 40, 50], [15, 200, 200], [6, 40, 50])).isBurning).toBe(false);
});

test("slow: a few in a hundred too slow for minutes burn what the fast pair lets pass", () => {
  // Eight in a hundred.
  const p99 = 40 * Math.exp((Math.log(100 / 40) * 0.49) / 0.42);
  const burning = at(seconds([360, 40, p99]));
  expect(burning.windows[1]?.longRate).toBeCloseTo(8);
  expect(burning.windows.map((window) => window.isBurning)).toEqual([false, true]);
  expect(at(seconds([100, 40, p99])).isBurning).toBe(false);
});

test("what has just begun is not said to be burning, and a generous SLO can burn too", () => {
  expect(at(seconds([20, 200, 200])).isBurning).toBe(false);
  expect(burnOf(seconds([60, 200, 200]), { quantile: 0.5, latencyMs: 100 }, 60_001)).toMatchObject({ isBurning: true, windows: [{ threshold: 1.5 }, { threshold: 1.5 }] });
});

test("a p99 that is noise around a bound it keeps burns nothing", () => {
  const noise = seededRandom(7);
  const list = Array.from({ length: 600 }, (_, index): BurnSecond => ({ atMs: (index + 1) * 1_000, answered: 20, latencyMsP50: 40 * (0.9 + 0.2 * noise()), latencyMsP99: 85 * (0.8 + 0.4 * noise()) }));
  expect(list.every((_, index) => !burnOf(list.slice(Math.max(0, index - 360), index + 1), SLO, (index + 1) * 1_000 + 1).isBurning)).toBe(true);
});
