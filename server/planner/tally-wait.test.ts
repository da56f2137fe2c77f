import { expect, test } from "vitest";
import { seededRandom } from "../model/seeded-random.ts";
import { latencyUnder } from "./demand.ts";
import { servedWithin, shareWithin } from "./tally-wait.ts";

test("the checker and the cost model reckon the same latency at any load, each in its own way", () => {
  const random = seededRandom(5);
  for (let draw = 0; draw < 400; draw++) {
    const plan = { latencyMs: random() * 200, varianceMs2: random() < 0.3 ? 0 : random() ** 3 * 400, bottleneckMs: 1 + random() * 60 };
    const perSecond = draw % 8 === 0 ? 0 : (random() * 950) / plan.bottleneckMs;
    for (const share of [0.5, 0.8, 0.95, 0.99, 0.9999]) {
      const [ours, theirs] = [latencyUnder(plan, perSecond, { share }), servedWithin(plan, perSecond, share)];
      expect(Math.abs(ours - theirs), `${JSON.stringify({ plan, perSecond, share })}: ${ours}, ${theirs}`).toBeLessThanOrEqual(1e-6 * ours);
      if (plan.varianceMs2 > 0) expect(shareWithin(plan, perSecond, theirs)).toBeCloseTo(share, 9);
    }
    expect(Math.abs(latencyUnder(plan, perSecond, "mean") - servedWithin(plan, perSecond, "mean"))).toBeLessThan(1e-9);
  }
});

test("a demand beyond what is served is never within anything", () => {
  expect(shareWithin({ latencyMs: 10, varianceMs2: 0, bottleneckMs: 10 }, 100, 1e9)).toBe(0);
  expect(servedWithin({ latencyMs: 10, varianceMs2: 0, bottleneckMs: 10 }, 100, 0.5)).toBe(Number.POSITIVE_INFINITY);
});
