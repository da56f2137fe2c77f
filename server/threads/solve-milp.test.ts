import { expect, test } from "vitest";
import { isClose } from "../planner/check-claim.ts";
import { bruteForce } from "../planner/testdata/brute-force.ts";
import { randomRequest } from "../planner/testdata/random-instance.ts";
import { solveMilp } from "./solve-milp.ts";

const NO_LIMIT_MS = 60_000;

test("HiGHS on the linear programme finds what brute force finds, also that there is nothing", async () => {
  const seen = { optimal: 0, infeasible: 0, bottleneck: 0 };
  for (let seed = 0; seed < 60; seed++) {
    const request = randomRequest(seed);
    const truth = bruteForce(request);
    const proof = await solveMilp({ ...request, timeLimitMs: NO_LIMIT_MS });
    expect(proof.status, `seed ${seed}`).toBe(truth.stages ? "optimal" : "infeasible");
    expect(truth.stages === null || Math.abs(proof.cost - truth.cost) <= 1e-6 * Math.abs(truth.cost), `seed ${seed}: ${proof.cost}, brute force ${truth.cost}`).toBe(true);
    if (truth.stages === null) expect(proof.bound).toBe(Number.POSITIVE_INFINITY);
    else expect(proof.bound <= truth.cost || isClose(proof.bound, truth.cost), `seed ${seed}: bound ${proof.bound}, brute force ${truth.cost}`).toBe(true);
    if (truth.stages === null) seen.infeasible++;
    else if (request.objective.kind === "bottleneck") seen.bottleneck++;
    else seen.optimal++;
  }
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(4);
});
