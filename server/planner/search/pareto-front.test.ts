import { describe, expect, test } from "vitest";
import { checkStages } from "../check-stages.ts";
import { evaluate } from "../evaluate.ts";
import { bruteForce } from "../testdata/brute-force.ts";
import { bruteForceSolver } from "../testdata/brute-force-solver.ts";
import { randomInstance } from "../testdata/random-instance.ts";
import { LATENCY_WEIGHTS } from "./additive-costs.ts";
import { type FrontPlan, paretoFront, QUANTITIES } from "./pareto-front.ts";
import { solveAdditive } from "./solve-additive.ts";

const context = () => ({ now: () => 0, deadlineMs: 1, cancelled: () => false, seed: 1 });
const SEEDS = Array.from({ length: 12 }, (_, seed) => seed);
const stagesOf = (key: string) => key.split(" ").map((stage) => {
  const [processor, from, to] = stage.split(/[:-]/).map(Number);
  return { processor: processor!, from: from!, to: to! };
});
const dominates = (a: FrontPlan["figures"], b: FrontPlan["figures"]) => QUANTITIES.every((quantity) => a[quantity] <= b[quantity] * (1 + 1e-9)) && QUANTITIES.some((quantity) => a[quantity] < b[quantity] * (1 - 1e-6));

describe("the Pareto front", () => {
  test.each([{ additive: bruteForceSolver, name: "brute force" }, { additive: solveAdditive, name: "the additive solver" }])("its plans keep all constraints and none is better than another in everything, by $name", ({ additive }) => {
    for (const seed of SEEDS) {
      const instance = randomInstance(seed);
      const told: number[] = [];
      const front = paretoFront({ instance, quantities: QUANTITIES, searches: 6 }, additive, context(), (plans) => told.push(plans.length));
      for (const plan of front) {
        expect(checkStages(instance, plan.stages), `seed ${seed}`).toEqual([]);
        expect(plan.bound).toBeLessThanOrEqual(plan.cost * (1 + 1e-9));
        for (const other of front) expect(other !== plan && dominates(other.figures, plan.figures), `seed ${seed}`).toBe(false);
      }
      if (front.length > 0) expect(told.at(-1)).toBe(front.length);
    }
  });

  test("latency against throughput: with enough searches it is the whole front of all feasible plans", () => {
    for (const seed of SEEDS) {
      const instance = randomInstance(seed);
      const { feasible } = bruteForce({ instance, objective: { kind: "additive", weights: LATENCY_WEIGHTS } });
      const plans = [...feasible.keys()].map((key) => evaluate(instance, stagesOf(key))!).sort((a, b) => a.latencyMs - b.latencyMs || a.bottleneckMs - b.bottleneckMs);
      let leastMs = Number.POSITIVE_INFINITY;
      const all = plans.filter(({ bottleneckMs }) => {
        const better = bottleneckMs < leastMs * (1 - 1e-6);
        if (better) leastMs = bottleneckMs;
        return better;
      });
      const front = paretoFront({ instance, quantities: [], searches: 120 }, bruteForceSolver, context());
      expect(front.length, `seed ${seed}`).toBe(all.length);
      for (const [index, plan] of front.entries()) expect(plan.figures.bottleneckMs / all[index]!.bottleneckMs, `seed ${seed}`).toBeCloseTo(1, 6);
    }
  });

  test("it stops when told, with what it has", () => {
    const instance = randomInstance(2);
    let asked = 0;
    const front = paretoFront({ instance, quantities: QUANTITIES }, bruteForceSolver, { ...context(), cancelled: () => asked++ > 2 });
    for (const plan of front) expect(checkStages(instance, plan.stages)).toEqual([]);
  });
});
