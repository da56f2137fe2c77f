import { describe, expect, test } from "vitest";
import { isClose } from "../check-claim.ts";
import { tallyStages } from "../tally-stages.ts";
import { servedWithin } from "../tally-wait.ts";
import { bruteForce } from "../testdata/brute-force.ts";
import { randomServedRequest } from "../testdata/random-instance.ts";
import { solverContract } from "../testdata/solver-contract.ts";
import { chooseSolver } from "./choose-solver.ts";
import type { SearchRequest, Solver } from "./solver.ts";

/** A wait is reckoned in two ways. */
const TOLERANCE = 1e-6;
const served: Solver = { name: "served/1", label: "whichever is chosen", solve: (request, context) => chooseSolver(request).solve(request, context) };

solverContract(served, { usesSeeds: false, requests: 40, request: randomServedRequest, tolerance: TOLERANCE });

/** Where something else than latency is asked for, the best plan without the SLO is a little too late for it: so it binds. */
function bindingRequest(seed: number): SearchRequest {
  const request = randomServedRequest(seed);
  const { slo = { share: 0.9, latencyMs: 0 }, ...limits } = request.instance.limits;
  const free = { ...request, instance: { ...request.instance, limits } };
  const { stages } = bruteForce(free);
  if (request.objective.kind === "demand" || !stages) return request;
  const latencyMs = 0.97 * servedWithin(tallyStages(request.instance, stages), limits.perSecond ?? 0, slo.share);
  return Number.isFinite(latencyMs) ? { ...free, instance: { ...free.instance, limits: { ...limits, slo: { share: slo.share, latencyMs } } } } : request;
}

describe("requests that come at random, and SLOs", () => {
  test("sums and throughput within an SLO are those of brute force, and proved; a latency under a demand is within 0.1 %", () => {
    const seen = { none: 0, additive: 0, bottleneck: 0, demand: 0 };
    for (let seed = 0; seed < 80; seed++) {
      const request = bindingRequest(seed);
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
      if (request.objective.kind === "demand") expect(outcome.cost / truth.cost, told).toBeLessThan(1.001);
      else expect([isClose(outcome.cost, truth.cost), outcome.proved], told).toEqual([true, true]);
    }
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(0);
  });
});
