import { describe, expect, test } from "vitest";
import { seededRandom } from "../model/seeded-random.ts";
import { waitOf } from "./queueing.ts";

/** Waits of requests at a chain of fixed times, by discrete events: each server takes one request at a time, in order of arrival. */
function simulateChain(serviceMs: readonly number[], perSecond: number, requests: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  const freeAtMs = new Float64Array(serviceMs.length);
  const waits = new Float64Array(requests);
  let arrivalMs = 0;
  for (let request = 0; request < requests; request++) {
    arrivalMs += (-Math.log(1 - random()) * 1000) / perSecond;
    let atMs = arrivalMs;
    for (const [server, ms] of serviceMs.entries()) {
      const startMs = Math.max(atMs, freeAtMs[server]!);
      waits[request]! += startMs - atMs;
      atMs = startMs + ms;
      freeAtMs[server] = atMs;
    }
  }
  return waits.sort();
}

/** Slow queues forget slowly: at 0.85 the 99.9th percentile of fewer is off by a tenth, on either side. */
const REQUESTS = 3_000_000;

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Erlang's own sum, good for short waits. */
function erlang(utilisation: number, t: number): number {
  let sum = 0;
  let factorial = 1;
  for (let k = 0; k <= Math.floor(t); k++) {
    if (k > 0) factorial *= k;
    sum += ((-utilisation * (t - k)) ** k / factorial) * Math.exp(utilisation * (t - k));
  }
  return (1 - utilisation) * sum;
}

describe("the wait of a chain under a demand", () => {
  test.each([
    { serviceMs: [10], utilisation: 0.5 },
    { serviceMs: [3, 10, 7, 2], utilisation: 0.7 },
    { serviceMs: [10, 9, 9, 1], utilisation: 0.3 },
    { serviceMs: [2, 9, 4, 10], utilisation: 0.85 },
  ])("mean and quantiles are those of simulated chains $serviceMs at $utilisation", ({ serviceMs, utilisation }) => {
    const perSecond = (utilisation * 1000) / Math.max(...serviceMs);
    const waits = simulateChain(serviceMs, perSecond, REQUESTS, 7);
    const wait = waitOf(Math.max(...serviceMs), perSecond);
    expect(mean(waits) / wait.meanMs).toBeCloseTo(1, 1);
    for (const share of [0.9, 0.95, 0.99, 0.999]) {
      const simulatedMs = waits[Math.floor(share * waits.length)]!;
      expect(simulatedMs / wait.quantileMs(share), `p${share * 100}`).toBeGreaterThan(0.93);
      expect(simulatedMs / wait.quantileMs(share), `p${share * 100}`).toBeLessThan(1.07);
    }
  });

  test("the distribution is Erlang's, where his sum keeps its digits", () => {
    for (const utilisation of [0.1, 0.4, 0.7, 0.9]) {
      const wait = waitOf(1, utilisation * 1000);
      for (let t = 0; t < 8; t += 0.37) expect(wait.within(t)).toBeCloseTo(erlang(utilisation, t), 9);
    }
  });

  test("it rises with time, also where the exponential tail takes over, up to 1", () => {
    for (const utilisation of [0.05, 0.5, 0.9, 0.99, 0.999]) {
      const wait = waitOf(1, utilisation * 1000);
      let before = 0;
      for (let t = 0; t < 200; t += 0.25) {
        expect(wait.within(t)).toBeGreaterThanOrEqual(before - 1e-12);
        before = wait.within(t);
      }
      expect(wait.within(63.999)).toBeCloseTo(wait.within(64.001), 4);
    }
  });

  test("the mean is the distribution's own", () => {
    for (const utilisation of [0.2, 0.6, 0.8]) {
      const wait = waitOf(2, (utilisation * 1000) / 2);
      let area = 0;
      for (let t = 0.005; t < 400; t += 0.01) area += (1 - wait.within(t)) * 0.01;
      expect(area / wait.meanMs).toBeCloseTo(1, 3);
    }
  });

  test("no demand waits for nothing; more than the server can do waits for ever", () => {
    expect(waitOf(10, 0).quantileMs(0.999)).toBe(0);
    expect(waitOf(0, 50).meanMs).toBe(0);
    expect(waitOf(10, 100).meanMs).toBe(Number.POSITIVE_INFINITY);
    expect(waitOf(10, 120).quantileMs(0.5)).toBe(Number.POSITIVE_INFINITY);
  });
});
