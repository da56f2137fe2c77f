// A node that serves several stages: where requests enter and answers leave at one node that keeps the model's two ends, the best plan comes back to it. Judged by brute force
// over all placements, on the cost model of the canvas; accepted by both checkers.
import { expect, test } from "vitest";
import { toStages } from "./build-instance.ts";
import { buildSearch } from "./build-search.ts";
import { checkPlacement } from "./check-placement.ts";
import { checkStages } from "./check-stages.ts";
import { estimatePlacement } from "./estimate.ts";
import { placementCost } from "./placement-cost.ts";
import type { Placement } from "./plan.ts";
import type { PlanRequest } from "./plan-request.ts";
import type { Problem } from "./problem.ts";
import { solveNow } from "./solve-now.ts";
import { randomProblem, seededRandom } from "./testdata/random-problem.ts";

const LAYERS = 5;
/** The node at which requests enter is slow; its memory, and at times that of the others, is short. */
function enteredAtSlow(seed: number): Problem {
  const random = seededRandom(seed);
  const problem = randomProblem(seed, { layers: LAYERS, nodes: 3, source: true, tightMemory: seed % 3 === 0 });
  const slower = (values: readonly number[]) => values.map((value) => value * 4);
  return {
    ...problem,
    paths: problem.paths.map((row) => row.map((path) => path && { ...path, trusted: true })),
    nodes: problem.nodes.map((node, index) => ({ ...node, workWatts: 1 + random() * 30, pricePerHour: random(), gramsPerKilowattHour: random() * 400, ...(index === 0 ? { layerMs: slower(node.layerMs), cumulativeMs: slower(node.cumulativeMs) } : {}) })),
  };
}

/** Neighbours on different nodes; each as often as it likes. */
function everyPlacement(problem: Problem, from = 0, before = ""): Placement[] {
  if (from === problem.layerCount) return [[]];
  return Array.from({ length: problem.layerCount - from }, (_, index) => from + index + 1).flatMap((to) =>
    problem.nodes.filter((node) => node.topologyNodeId !== before).flatMap(({ topologyNodeId }) => everyPlacement(problem, to, topologyNodeId).map((rest) => [{ from, to, topologyNodeId }, ...rest])));
}

const usesTwice = (placement: Placement) => new Set(placement.map((stage) => stage.topologyNodeId)).size < placement.length;
/** The model's ends stay where requests enter. */
const PINS = [{ from: 0, to: 1, topologyNodeId: "tn_0" }, { from: LAYERS - 1, to: LAYERS, topologyNodeId: "tn_0" }];
const SERVED: Partial<PlanRequest> = { demandPerSecond: 4 };

test.each<[string, PlanRequest, number]>([
  ["latency", { objective: "latency" }, 1e-9],
  ["throughput", { objective: "throughput" }, 1e-6],
  ["energy", { objective: "energy" }, 1e-9],
  ["a mix", { objective: "mix", weights: { latencyMs: 1, joules: 0.2, money: 5, grams: 0.1 } }, 1e-9],
  ["mean latency with waiting", { objective: "latency", ...SERVED }, 1e-3],
  ["latency of nine in ten at a demand", { objective: "latency", ...SERVED, slo: { quantile: 0.9, latencyMs: 2_000 } }, 1e-3],
])("%s: the best plan of all is found, also where it comes back to a node, and is never worse than with each node once", (_name, asked, tolerance) => {
  const seen = { judged: 0, back: 0 };
  for (let seed = 1; seed <= 24; seed++) {
    const problem = enteredAtSlow(seed);
    const rules: PlanRequest = { ...asked, pins: PINS };
    const request: PlanRequest = { ...rules, severalPerNode: true };
    const costs = everyPlacement(problem).flatMap((placement): number[] => {
      if (checkPlacement(problem, placement, { request }).length > 0) return [];
      const estimate = estimatePlacement(problem, placement);
      const cost = estimate && placementCost(problem, request, estimate);
      return cost === null ? [] : [cost];
    });
    const best = Math.min(...costs);
    const found = solveNow(problem, request);
    const once = solveNow(problem, rules);
    seen.judged++;
    if ("infeasible" in found) {
      expect(best, `seed ${seed}`).toBe(Number.POSITIVE_INFINITY);
      continue;
    }
    const cost = placementCost(problem, request, found.estimate)!;
    expect(cost / best - 1, `seed ${seed}: ${cost}, brute force ${best}`).toBeLessThanOrEqual(tolerance);
    expect(cost / best, `seed ${seed}`).toBeGreaterThanOrEqual(1 - 1e-9);
    expect(checkPlacement(problem, found.placement, { request })).toEqual([]);
    expect(checkStages(buildSearch(problem, request).instance, toStages(problem, found.placement)!)).toEqual([]);
    if (usesTwice(found.placement)) {
      seen.back++;
      expect(checkStages(buildSearch(problem, rules).instance, toStages(problem, found.placement)!).map((violation) => violation.code)).toContain("node-twice");
    }
    if (!("infeasible" in once)) expect(cost).toBeLessThanOrEqual(placementCost(problem, request, once.estimate)! * (1 + tolerance));
  }
  expect(seen.judged).toBe(24);
  expect(seen.back).toBeGreaterThan(3);
});
