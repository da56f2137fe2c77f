// The peak of systems whose peak a formula gives, in simulated time.
import { expect, test } from "vitest";
import { findPeak } from "./find-peak.ts";
import { createMt19937 } from "./method/mt19937.ts";
import type { RunRecord } from "./method/run-record.ts";
import { simulatedRun, type Simulated } from "./testdata/simulated-run.ts";

const MS = 1e6;

type Search = { system: () => Simulated; boundMs: number; startQps?: number; seconds?: number; decimals?: number; stopAfter?: number; lateAbove?: number };

async function search({ system, boundMs, startQps = 10, seconds = 60, decimals = 0, stopAfter = Number.POSITIVE_INFINITY, lateAbove = Number.POSITIVE_INFINITY }: Search) {
  const asked: number[] = [];
  const runAt = async (qps: number): Promise<{ qps: number; record: RunRecord }> => {
    asked.push(qps);
    const { record } = simulatedRun({ targetQps: qps, targetLatencyNs: boundMs * MS, minDurationMs: seconds * 1000, maxAsyncQueries: 500 }, system());
    if (qps > lateAbove) record.harnessLagP99Ns = boundMs * MS;
    return { qps, record };
  };
  return { ...(await findPeak({ startQps, decimals, runAt, isStopped: () => asked.length >= stopAfter })), asked };
}

/** Service times of which each is longer than t with probability e^(−t·μ). */
function exponential(perSecond: number): () => Simulated {
  return () => {
    const random = createMt19937(7n);
    return { serviceNs: () => -Math.log((random() + 1) / 2 ** 32) * (1e9 / perSecond) };
  };
}

/** M/M/1: time in the system is longer than t with probability e^(−t·(μ−λ)) (Kleinrock, Queueing Systems I, 3.2 and 5.7); so 1 % are over the bound L at λ = μ − ln(100) / L. */
test.each([
  [200, 50], [200, 100], [500, 20],
])("one server of %d/s, exponential, and a bound of %d ms: the peak is μ − ln(100) / bound", async (perSecond, boundMs) => {
  const expected = perSecond - Math.log(100) / (boundMs / 1000);
  const { peak, best } = await search({ system: exponential(perSecond), boundMs, seconds: 600 });
  // The search ends within 2 queries/s; the 99th percentile of 600 s is uncertain by some hundredths.
  expect(Math.abs(peak.qps! - expected)).toBeLessThan(2 + 0.04 * expected);
  expect(peak.why).toBeNull();
  expect(best.qps).toBe(peak.qps);
});

/** M/D/1: Erlang's formula of the waiting time, P(W ≤ t) = (1−ρ) Σ_{k=0}^{⌊t/D⌋} (λ(kD−t))^k / k! · e^(−λ(kD−t)). */
function waitsLonger(perSecond: number, serviceS: number, waitS: number): number {
  let within = 0;
  for (let k = 0, factorial = 1; k * serviceS <= waitS; factorial *= ++k) {
    const x = perSecond * (k * serviceS - waitS);
    within += (x ** k / factorial) * Math.exp(-x);
  }
  return 1 - (1 - perSecond * serviceS) * within;
}

test.each([
  [5, 15], [5, 25], [10, 50],
])("one server that takes %d ms each, and a bound of %d ms: the peak is where Erlang's waiting time breaks it for one in a hundred", async (serviceMs, boundMs) => {
  let [low, high] = [0, 1000 / serviceMs];
  while (high - low > 1e-6) {
    const middle = (low + high) / 2;
    if (waitsLonger(middle, serviceMs / 1000, (boundMs - serviceMs) / 1000) > 0.01) high = middle;
    else low = middle;
  }
  const { peak } = await search({ system: () => ({ serviceNs: serviceMs * MS }), boundMs, seconds: 600 });
  expect(Math.abs(peak.qps! - low)).toBeLessThan(2 + 0.04 * low);
});

test("what was found is where the bound breaks: it holds in the best run, and not within two queries/s above", async () => {
  const { peak, asked } = await search({ system: () => ({ serviceNs: 5 * MS, servers: 2 }), boundMs: 15 });
  const failed = peak.probes.filter(({ isMet }) => !isMet).map(({ qps }) => qps);
  expect(Math.min(...failed) - peak.qps!).toBeLessThan(2);
  expect(peak.probes.find(({ qps }) => qps === peak.qps)).toMatchObject({ isMet: true });
  expect(peak.probes.find(({ qps }) => qps === peak.qps)!.targetNs).toBeLessThanOrEqual(15 * MS);
  expect(Math.min(...peak.probes.filter(({ isMet }) => !isMet).map(({ targetNs }) => targetNs!))).toBeGreaterThan(15 * MS);
  // Doubled until it fails, then halved: no rate twice.
  expect(new Set(asked).size).toBe(asked.length);
  expect(asked.slice(0, 4)).toEqual([10, 20, 40, 80]);
  // Two servers of 5 ms cannot do more than 400/s.
  expect(peak.qps!).toBeLessThan(400);
});

test("decimals are found where they are asked for", async () => {
  const system = () => ({ serviceNs: 400 * MS });
  const [whole, tenths] = [await search({ system, boundMs: 1500, startQps: 0.2, seconds: 3600 }), await search({ system, boundMs: 1500, startQps: 0.2, seconds: 3600, decimals: 1 })];
  const gap = ({ peak }: typeof whole) => Math.min(...peak.probes.filter(({ isMet }) => !isMet).map(({ qps }) => qps)) - peak.qps!;
  expect(gap(tenths)).toBeLessThan(0.2);
  expect(gap(whole)).toBeGreaterThan(gap(tenths));
});

test("a run with a failure is above the peak, however fast it was", async () => {
  const { peak, best } = await search({ system: () => ({ serviceNs: MS, failEvery: 500 }), boundMs: 15, startQps: 1 });
  // The 500th fails: in 60 s that many come from about 8.3 queries/s on.
  expect(peak.qps!).toBeGreaterThanOrEqual(4);
  expect(peak.qps!).toBeLessThan(10);
  expect(best.record.failedCount).toBe(0);
});

test("a start that is too fast, a harness that is late and a search that is stopped have no peak, and say why", async () => {
  const system = () => ({ serviceNs: 5 * MS });
  const fast = await search({ system, boundMs: 15, startQps: 300 });
  expect(fast.peak).toMatchObject({ qps: null, why: "The bound is not kept at 300 queries/s, where the search starts. Start lower.", probes: [{ qps: 300, isMet: false }] });
  expect(fast.best.qps).toBe(300);
  const late = await search({ system, boundMs: 15, lateAbove: 50 });
  expect(late.peak).toMatchObject({ qps: null, why: "At 80 queries/s the harness itself was late: the limit found would be its own." });
  expect(late.best.qps).toBe(40);
  const stopped = await search({ system, boundMs: 15, stopAfter: 3 });
  expect(stopped.peak).toMatchObject({ qps: null, why: "The search was stopped at 40 queries/s.", probes: [{ qps: 10 }, { qps: 20 }] });
  expect([stopped.asked.length, stopped.best.qps]).toEqual([3, 20]);
});
