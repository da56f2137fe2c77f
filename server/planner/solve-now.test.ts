import { expect, test } from "vitest";
import { checkPlacement } from "./check-placement.ts";
import { estimatePlacement } from "./estimate.ts";
import type { Placement } from "./plan.ts";
import type { Problem } from "./problem.ts";
import { solveNow } from "./solve-now.ts";
import { randomProblem } from "./testdata/random-problem.ts";

type Objective = "latency" | "throughput";

/** Every placement on distinct nodes, judged by the cost model itself. */
function bruteForce(problem: Problem, objective: Objective, minStages: number): number | null {
  let best: number | null = null;
  const visit = (from: number, used: Set<number>, placement: Placement) => {
    if (from === problem.layerCount) {
      if (placement.length < minStages || checkPlacement(problem, placement).length > 0) return;
      const estimate = estimatePlacement(problem, placement);
      if (!estimate) return;
      const value = objective === "latency" ? estimate.latencyMs : estimate.bottleneckMs;
      if (best === null || value < best) best = value;
      return;
    }
    for (let to = from + 1; to <= problem.layerCount; to++) {
      if (to < problem.layerCount && !problem.cutLegal[to - 1]) continue;
      for (const [index, node] of problem.nodes.entries()) {
        if (used.has(index)) continue;
        visit(to, new Set([...used, index]), [...placement, { from, to, topologyNodeId: node.topologyNodeId }]);
      }
    }
  };
  visit(0, new Set(), []);
  return best;
}

const cases = Array.from({ length: 40 }, (_, seed) => ({ seed, objective: (seed % 2 ? "latency" : "throughput") as Objective, minStages: 1 + (seed % 3), tightMemory: seed % 4 === 0, source: seed % 5 === 0 }));

test.each(cases)("finds the optimum of brute force: seed $seed, $objective, at least $minStages stages", ({ seed, objective, minStages, tightMemory, source }) => {
  const problem = randomProblem(seed, { layers: 6, nodes: 3, tightMemory, source });
  const expected = bruteForce(problem, objective, minStages);
  const found = solveNow(problem, { objective, minStages });
  if (expected === null) {
    expect(found).toHaveProperty("infeasible", true);
    expect("refusals" in found && found.refusals.length).toBeGreaterThan(0);
    return;
  }
  if ("infeasible" in found) throw new Error(`infeasible: ${found.refusals.map((refusal) => refusal.message).join(" ")}`);
  const value = objective === "latency" ? found.estimate.latencyMs : found.estimate.bottleneckMs;
  expect(value).toBeCloseTo(expected, 9);
  expect(checkPlacement(problem, found.placement)).toEqual([]);
  expect(found.origin.proved).toBe(true);
});

test("asks for what is missing when memory is too small everywhere", () => {
  const problem = randomProblem(3, { layers: 6, nodes: 2 });
  for (const node of problem.nodes) node.memoryLimitBytes = 50e6;
  const found = solveNow(problem, { objective: "latency" });
  expect(found).toMatchObject({ infeasible: true, refusals: [{ code: "memory" }] });
});
