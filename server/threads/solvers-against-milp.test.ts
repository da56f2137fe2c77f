import { expect, test } from "vitest";
import { solveAdditive } from "../planner/search/solve-additive.ts";
import { solveBottleneck } from "../planner/search/solve-bottleneck.ts";
import { randomRequest } from "../planner/testdata/random-instance.ts";
import { solveMilp } from "./solve-milp.ts";

/** Beyond brute force. */
const SIZE = { layers: 25, nodes: 6, processors: 9, stages: 6 };
const NO_LIMIT_MS = 60_000;

test("beyond brute force the solvers and HiGHS prove the same cost, or both that there is no plan", async () => {
  const seen = { plans: 0, none: 0 };
  for (let seed = 0; seed < 40; seed++) {
    const request = randomRequest(seed, SIZE);
    const solver = request.objective.kind === "additive" ? solveAdditive : solveBottleneck;
    let readings = 0;
    const outcome = solver.solve(request, { now: () => readings++, deadlineMs: 100_000, cancelled: () => false, seed: 1 });
    const proof = await solveMilp({ ...request, timeLimitMs: NO_LIMIT_MS });
    expect([outcome.proved, proof.status], `seed ${seed}`).toEqual([true, outcome.stages ? "optimal" : "infeasible"]);
    expect(outcome.stages === null || Math.abs(proof.cost - outcome.cost) <= 1e-6 * Math.abs(outcome.cost), `seed ${seed}: ${proof.cost}, solver ${outcome.cost}`).toBe(true);
    if (outcome.stages) seen.plans++;
    else seen.none++;
  }
  expect(Math.min(seen.plans, seen.none)).toBeGreaterThan(5);
});
