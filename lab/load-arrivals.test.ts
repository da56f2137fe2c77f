import { expect, test } from "vitest";
import { createArrivals } from "./load-arrivals.ts";

function take(arrivals: ReturnType<typeof createArrivals>, count: number): number[] {
  return Array.from({ length: count }, () => {
    const at = arrivals.dueMs();
    arrivals.next();
    return at;
  });
}

test("steady arrivals are a fixed time apart, Poisson ones exponential with the same mean", () => {
  expect(take(createArrivals({ perSecond: 10, kind: "steady", seed: 1, startMs: 500 }), 3)).toEqual([500, 600, 700]);
  const times = take(createArrivals({ perSecond: 10, kind: "poisson", seed: 1, startMs: 0 }), 20_000);
  const pauses = times.map((at, index) => at - (times[index - 1] ?? 0));
  const mean = pauses.reduce((sum, one) => sum + one, 0) / pauses.length;
  const variance = pauses.reduce((sum, one) => sum + (one - mean) ** 2, 0) / pauses.length;
  expect(mean).toBeGreaterThan(97);
  expect(mean).toBeLessThan(103);
  expect(Math.sqrt(variance) / mean).toBeGreaterThan(0.95);
  expect(Math.sqrt(variance) / mean).toBeLessThan(1.05);
});

test("begun anew from a seed, the same pauses come again", () => {
  const arrivals = createArrivals({ perSecond: 5, kind: "poisson", seed: 3, startMs: 0 });
  arrivals.restart(42, 10_000);
  const first = take(arrivals, 20).map((at) => at - 10_000);
  arrivals.restart(42, 90_000);
  expect(take(arrivals, 20).map((at) => Math.round((at - 90_000) * 1e6))).toEqual(first.map((at) => Math.round(at * 1e6)));
  arrivals.restart(43, 0);
  expect(take(arrivals, 1)[0]).not.toBeCloseTo(first[0]!, 3);
});
