import { describe, expect, test } from "vitest";
import { isClose } from "../check-claim.ts";
import { bruteForce } from "../testdata/brute-force.ts";
import { randomServedRequest } from "../testdata/random-instance.ts";
import { solverContract } from "../testdata/solver-contract.ts";
import { chooseSolver } from "./choose-solver.ts";
import type { Solver } from "./solver.ts";

/** A wait is reckoned in two ways. */
const TOLERANCE = 1e-6;
const served: Solver = { name: "served/1", label: "whichever is chosen", solve: (request, context) => chooseSolver(request).solve(request, context) };

solverContract(served, { usesSeeds: false, requests: 60, request: randomServedRequest, tolerance: TOLERANCE });

describe("requests that come at random, and SLOs", () => {
  test("sums and throughput within an SLO are those of brute force, and proved; a latency under a demand is within 0.1 %", () => {
    const seen = { none: 0, additive: 0, bottleneck: 0, demand: 0, binding: 0 };
    for (let seed = 0; seed < 90; seed++) {
      const request = randomServedRequest(seed);
      let readings = 0;
      const outcome = served.solve(request, { now: () => readings++, deadlineMs: 200_000, cancelled: () => false, seed: 1 });
      const truth = bruteForce(request);
      const told = `seed ${seed}, ${request.objective.kind}: cost ${outcome.cost}, bound ${outcome.bound}, brute force ${truth.cost}`;
      if (truth.stages === null) {
        seen.none++;
        expect([outcome.stages, outcome.proved], told).toEqual([null, true]);
        continue;
      }
      seen[request.objective.kind]++;
      const { slo: _, ...limits } = request.instance.limits;
      if (request.instance.limits.slo && bruteForce({ ...request, instance: { ...request.instance, limits } }).cost < truth.cost * (1 - 1e-6)) seen.binding++;
      if (request.objective.kind === "demand") expect(outcome.cost / truth.cost, told).toBeLessThan(1.001);
      else expect([isClose(outcome.cost, truth.cost), outcome.proved], told).toEqual([true, true]);
    }
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(2);
  });
});
