import { describe, expect, test } from "vitest";
import { checkStages } from "../check-stages.ts";
import { type LatencyFigure, latencyUnder } from "../demand.ts";
import { evaluate } from "../evaluate.ts";
import { MAX_UTILISATION } from "../plan-request.ts";
import { bruteForce } from "../testdata/brute-force.ts";
import { randomInstance } from "../testdata/random-instance.ts";
import { LATENCY_WEIGHTS } from "./additive-costs.ts";
import { solveAdditive } from "./solve-additive.ts";
import { solveDemand } from "./solve-demand.ts";
import { gapOf } from "./solver.ts";

const context = () => ({ now: () => 0, deadlineMs: 1, cancelled: () => false, seed: 1 });
const stagesOf = (key: string) => key.split(" ").map((stage) => {
  const [processor, from, to] = stage.split(/[:-]/).map(Number);
  return { processor: processor!, from: from!, to: to! };
});

describe("the least latency under a demand", () => {
  test("is within 0.1 % of that of all plans that keep up, and its bound is below", () => {
    const gaps: number[] = [];
    for (let seed = 0; seed < 14; seed++) {
      const instance = randomInstance(seed);
      const { feasible } = bruteForce({ instance, objective: { kind: "additive", weights: LATENCY_WEIGHTS } });
      const plans = [...feasible.keys()].map((key) => evaluate(instance, stagesOf(key))!);
      const leastT = Math.min(...plans.map((plan) => plan.bottleneckMs));
      for (const load of [0.3, 0.6, 1.2])
        for (const figure of ["mean", { share: 0.9 }, { share: 0.99 }] satisfies LatencyFigure[]) {
          const perSecond = Number.isFinite(leastT) && leastT > 0 ? (load * 1000 * MAX_UTILISATION) / leastT : 10;
          const least = Math.min(...plans.filter((plan) => plan.bottleneckMs <= (MAX_UTILISATION * 1000) / perSecond).map((plan) => latencyUnder(plan, perSecond, figure)));
          const outcome = solveDemand({ instance, perSecond, figure }, solveAdditive, context());
          const told = `seed ${seed}, load ${load}, ${JSON.stringify(figure)}: cost ${outcome.cost}, bound ${outcome.bound}, least ${least}`;
          if (least === Number.POSITIVE_INFINITY) {
            expect(outcome.stages, told).toBeNull();
            expect(outcome.proved, told).toBe(true);
            continue;
          }
          expect(outcome.cost / least, told).toBeLessThan(1.001);
          expect(outcome.bound, told).toBeLessThanOrEqual(least * (1 + 1e-9));
          gaps.push(gapOf(outcome));
          expect(checkStages(instance, outcome.stages!), told).toEqual([]);
        }
    }
    gaps.sort((a, b) => a - b);
    expect(gaps[gaps.length >> 1], "median gap").toBeLessThan(0.0001);
    expect(gaps.at(-1), "largest gap").toBeLessThan(0.01);
  });
});
