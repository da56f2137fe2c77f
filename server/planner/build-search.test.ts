import { expect, test } from "vitest";
import { buildSearch } from "./build-search.ts";
import { checkPlacement } from "./check-placement.ts";
import { checkStages } from "./check-stages.ts";
import { estimatePlacement } from "./estimate.ts";
import { evaluate } from "./evaluate.ts";
import { placementCost } from "./placement-cost.ts";
import type { Placement } from "./plan.ts";
import type { PlanRequest } from "./plan-request.ts";
import { chooseSolver } from "./search/choose-solver.ts";
import { objectiveCost } from "./search/objective-cost.ts";
import { solveNow } from "./solve-now.ts";
import { toStages } from "./build-instance.ts";
import { randomProblem, seededRandom } from "./testdata/random-problem.ts";

const priced = (seed: number) => {
  const random = seededRandom(seed);
  const problem = randomProblem(seed, { layers: 7, nodes: 4 });
  return { ...problem, paths: problem.paths.map((row) => row.map((path) => path && { ...path, latencyVarianceMs2: random() * 4 })), nodes: problem.nodes.map((node) => ({ ...node, workWatts: random() * 50, pricePerHour: random(), gramsPerKilowattHour: random() * 500, zoneId: random() > 0.5 ? "zon_a" : "zon_b" })) };
};

test("a placement's cost is what the search makes of it, in every objective, moving included", () => {
  let compared = 0;
  for (let seed = 0; seed < 40; seed++) {
    const problem = priced(seed);
    const running: Placement[] = [[{ from: 0, to: 7, topologyNodeId: "tn_0" }]];
    const placement: Placement = [{ from: 0, to: 3, topologyNodeId: "tn_1" }, { from: 3, to: 7, topologyNodeId: "tn_2" }];
    for (const objective of ["latency", "throughput", "energy", "money", "carbon", "mix"] as const) {
      const served: Partial<PlanRequest> = seed % 3 === 0 ? {} : { demandPerSecond: 5, ...(seed % 3 === 1 ? { slo: { quantile: 0.95, latencyMs: 500 } } : {}) };
      const request: PlanRequest = { objective, weights: { latencyMs: 1, joules: 2, money: 1e4, grams: 3 }, movingHorizonSeconds: 600, ...served };
      const search = buildSearch(problem, request, { running });
      const stages = toStages(problem, placement) ?? [];
      const figures = evaluate(search.instance, stages);
      const estimate = estimatePlacement(problem, placement);
      if (!figures || !estimate) continue;
      compared++;
      const cost = placementCost(problem, request, estimate, running) ?? Number.NaN;
      expect(Math.abs(objectiveCost(search, stages, figures) - cost)).toBeLessThanOrEqual(1e-9 * Math.max(1, cost));
    }
  }
  expect(compared).toBeGreaterThan(100);
});

test("what is planned keeps to what is asked, even where the draft does not", () => {
  let planned = 0;
  for (let seed = 0; seed < 50; seed++) {
    const problem = priced(seed);
    const served: PlanRequest[] = [{ objective: "latency", demandPerSecond: 20 }, { objective: "latency", demandPerSecond: 12, slo: { quantile: 0.95, latencyMs: 90 } }, { objective: "energy", demandPerSecond: 12, slo: { quantile: 0.9, latencyMs: 80 } }];
    const legal = problem.cutLegal.findIndex(Boolean) + 1;
    const requests: PlanRequest[] = [
      { objective: "latency", avoidNodeIds: ["tn_1"] }, { objective: "throughput", avoidNodeIds: ["tn_2"], minStages: 2 }, { objective: "energy", zoneIds: ["zon_a"] },
      { objective: "latency", pins: [{ from: 0, to: 1, topologyNodeId: "tn_3" }] }, { objective: "latency", apart: [{ first: { from: 0, to: 1 }, second: { from: 6, to: 7 }, within: "node" }] },
      ...(seed % 10 === 0 ? served : []), { objective: "money", maxStages: 1 },
    ];
    for (const request of requests) {
      const found = solveNow(problem, request);
      if ("infeasible" in found) continue;
      planned++;
      expect(checkPlacement(problem, found.placement, { request })).toEqual([]);
    }
    const drafts: Placement[] = [[{ from: 0, to: legal, topologyNodeId: "tn_0" }, { from: legal, to: 7, topologyNodeId: "tn_1" }]];
    const search = buildSearch(problem, { objective: "latency", avoidNodeIds: ["tn_1"] }, { drafts });
    const { stages } = chooseSolver(search).solve(search, { now: () => 0, deadlineMs: 1, cancelled: () => true, seed: 1 });
    expect(stages === null || checkStages(search.instance, stages).length === 0).toBe(true);
  }
  expect(planned).toBeGreaterThan(150);
});
