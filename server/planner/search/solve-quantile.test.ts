import { describe, expect, test } from "vitest";
import { checkStages } from "../check-stages.ts";
import { evaluate } from "../evaluate.ts";
import { bruteForce } from "../testdata/brute-force.ts";
import { bruteForceSolver } from "../testdata/brute-force-solver.ts";
import { randomInstance } from "../testdata/random-instance.ts";
import { LATENCY_WEIGHTS } from "./additive-costs.ts";
import { solveAdditive } from "./solve-additive.ts";
import { solveQuantile } from "./solve-quantile.ts";

const context = () => ({ now: () => 0, deadlineMs: 1, cancelled: () => false, seed: 1 });
const stagesOf = (key: string) => key.split(" ").map((stage) => {
  const [processor, from, to] = stage.split(/[:-]/).map(Number);
  return { processor: processor!, from: from!, to: to! };
});

describe("the least mean + z·sd", () => {
  test.each([{ additive: bruteForceSolver, name: "brute force" }, { additive: solveAdditive, name: "the additive solver" }])("is that of all feasible plans, and proved, by $name", ({ additive }) => {
    for (let seed = 0; seed < 40; seed++) {
      const instance = randomInstance(seed);
      const { feasible } = bruteForce({ instance, objective: { kind: "additive", weights: LATENCY_WEIGHTS } });
      for (const z of [0, 1, 2.326, 20]) {
        let least = Number.POSITIVE_INFINITY;
        for (const key of feasible.keys()) {
          const figures = evaluate(instance, stagesOf(key))!;
          least = Math.min(least, figures.latencyMs + z * Math.sqrt(figures.varianceMs2));
        }
        const outcome = solveQuantile({ instance, z }, additive, context());
        expect(outcome.proved, `seed ${seed}, z ${z}: cost ${outcome.cost}, bound ${outcome.bound}, least ${least}`).toBe(true);
        if (least === Number.POSITIVE_INFINITY) expect(outcome.stages).toBeNull();
        else {
          expect(outcome.cost / least).toBeCloseTo(1, 8);
          expect(checkStages(instance, outcome.stages!)).toEqual([]);
        }
      }
    }
  });
});
