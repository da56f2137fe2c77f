import { describe, expect, test } from "vitest";
import { seededRandom } from "../model/seeded-random.ts";
import { demandFigures, latencyFloor, latencyUnder, meetsSlo } from "./demand.ts";

const plan = { latencyMs: 50, varianceMs2: 16, bottleneckMs: 10 };

describe("figures under a demand", () => {
  test("quantiles are those of simulated requests: normal times plus the wait at one queue", () => {
    const random = seededRandom(3);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    for (const perSecond of [20, 60]) {
      const latencies = new Float64Array(1_000_000);
      let waitMs = 0;
      for (let request = 0; request < latencies.length; request++) {
        latencies[request] = plan.latencyMs + Math.sqrt(plan.varianceMs2) * normal() + waitMs;
        waitMs = Math.max(0, waitMs + plan.bottleneckMs - (-Math.log(1 - random()) * 1000) / perSecond);
      }
      latencies.sort();
      const figures = demandFigures(plan, perSecond);
      for (const [share, ms] of [[0.5, figures.p50Ms], [0.9, figures.p90Ms], [0.95, figures.p95Ms], [0.99, figures.p99Ms], [0.999, figures.p999Ms]] as const) {
        const simulatedMs = latencies[Math.floor(share * latencies.length)]!;
        expect(simulatedMs / ms, `p${share * 100} at ${perSecond}/s`).toBeGreaterThan(0.985);
        expect(simulatedMs / ms, `p${share * 100} at ${perSecond}/s`).toBeLessThan(1.015);
      }
    }
  });

  test("without a demand a quantile is the normal's, without variance the wait's", () => {
    expect(latencyUnder(plan, 1e-9, { share: 0.99 })).toBeCloseTo(50 + 2.326348 * 4, 4);
    expect(latencyUnder({ ...plan, varianceMs2: 0 }, 1e-9, { share: 0.99 })).toBeCloseTo(50, 6);
    expect(demandFigures(plan, 70).utilisation).toBeCloseTo(0.7, 9);
    expect(demandFigures(plan, 70).meanLatencyMs).toBeCloseTo(50 + (0.07 * 10 ** 2) / (2 * 0.3), 9);
  });

  test("more demand, a busier node and a longer way never make a request quicker", () => {
    const p99 = (changed: Partial<typeof plan>, perSecond = 40) => latencyUnder({ ...plan, ...changed }, perSecond, { share: 0.99 });
    expect(p99({}, 50)).toBeGreaterThan(p99({}));
    expect(p99({ bottleneckMs: 12 })).toBeGreaterThan(p99({}));
    expect(p99({ latencyMs: 51 })).toBeCloseTo(p99({}) + 1, 6);
    expect(p99({ bottleneckMs: 25 })).toBe(Number.POSITIVE_INFINITY);
  });

  test("the floor of a range of variances is below every plan in it, and meets it where the range is one", () => {
    for (const perSecond of [5, 40, 69])
      for (const share of [0.6, 0.9, 0.99]) {
        const floor = latencyFloor({ latencyMs: 50, leastVarianceMs2: 4, mostVarianceMs2: 25, bottleneckMs: 10 }, perSecond, share);
        for (const varianceMs2 of [4, 9, 16, 25]) expect(latencyUnder({ latencyMs: 50, varianceMs2, bottleneckMs: 10 }, perSecond, { share })).toBeGreaterThanOrEqual(floor - 1e-9);
        const same = latencyFloor({ latencyMs: 50, leastVarianceMs2: 16, mostVarianceMs2: 16, bottleneckMs: 10 }, perSecond, share);
        expect(same).toBeCloseTo(latencyUnder(plan, perSecond, { share }), 9);
      }
  });

  test("an SLO holds as long as its quantile does", () => {
    expect(meetsSlo(plan, { share: 0.99, latencyMs: 80, perSecond: 30 })).toBe(true);
    expect(meetsSlo(plan, { share: 0.99, latencyMs: 80, perSecond: 90 })).toBe(false);
    expect(meetsSlo(plan, { share: 0.5, latencyMs: 49, perSecond: 1 })).toBe(false);
  });
});
