import { expect, test } from "vitest";
import { checkPlacement } from "../planner/check-placement.ts";
import { estimatePlacement } from "../planner/estimate.ts";
import type { Placement } from "../planner/plan.ts";
import { randomProblem } from "../planner/testdata/random-problem.ts";
import type { Problem } from "../planner/problem.ts";
import { placeWithout } from "./place-without.ts";

const WAY = { latencyMs: 1, bandwidthBytesPerSecond: 1e8, kind: "measured" as const, via: [], linkIds: [], trusted: true };

/** Every cut legal, everybody linked, nobody short of memory. */
function openProblem(seed: number): Problem {
  const problem = randomProblem(seed, { layers: 6, nodes: 4 });
  problem.cutLegal = problem.cutLegal.map(() => true);
  problem.paths = problem.paths.map((row, from) => row.map((_, to) => (from === to ? { ...WAY, latencyMs: 0 } : WAY)));
  return problem;
}
const running: Placement = [{ from: 0, to: 2, topologyNodeId: "tn_0" }, { from: 2, to: 4, topologyNodeId: "tn_1" }, { from: 4, to: 6, topologyNodeId: "tn_2" }];

test.each([1, 2, 3, 4, 5])("only the drained node's layers move, to where the prediction is best (seed %i)", (seed) => {
  const problem = openProblem(seed);
  const found = placeWithout(problem, running, ["tn_1"]);
  if ("infeasible" in found) throw new Error("infeasible");
  const { placement } = found;
  expect(checkPlacement(problem, placement, { forDeploy: true })).toEqual([]);
  expect(placement.some((stage) => stage.topologyNodeId === "tn_1")).toBe(false);
  const nodeOf = (layer: number) => placement.find((stage) => stage.from <= layer && layer < stage.to)?.topologyNodeId;
  expect([0, 1, 4, 5].map(nodeOf)).toEqual(["tn_0", "tn_0", "tn_2", "tn_2"]);
  const latencyOf = (target: string) => {
    const at = target === "tn_0" ? [{ from: 0, to: 4, topologyNodeId: "tn_0" }, running[2]] : target === "tn_2" ? [running[0], { from: 2, to: 6, topologyNodeId: "tn_2" }] : [running[0], { from: 2, to: 4, topologyNodeId: target }, running[2]];
    return estimatePlacement(problem, at as Placement)?.latencyMs ?? Number.POSITIVE_INFINITY;
  };
  expect(estimatePlacement(problem, placement)?.latencyMs).toBeCloseTo(Math.min(...["tn_0", "tn_2", "tn_3"].map(latencyOf)), 9);
});

test("neighbours on one node become one segment", () => {
  const problem = openProblem(1);
  for (const node of problem.nodes.slice(2)) node.online = node.topologyNodeId === "tn_2";
  const found = placeWithout(problem, running, ["tn_1"]);
  expect("placement" in found && found.placement).toHaveLength(2);
});

test("a cordoned node keeps what it holds and is given nothing", () => {
  const problem = openProblem(2);
  (problem.nodes[0] as Problem["nodes"][number]).cordoned = true;
  (problem.nodes[3] as Problem["nodes"][number]).cordoned = true;
  const found = placeWithout(problem, running, ["tn_1"]);
  if ("infeasible" in found) throw new Error("infeasible");
  expect(found.placement[0]).toEqual({ from: 0, to: 2, topologyNodeId: "tn_0" });
  expect(found.placement.at(-1)).toEqual({ from: 2, to: 6, topologyNodeId: "tn_2" });
});

test("where no hand-over fits, the whole chain is placed anew", () => {
  const problem = openProblem(3);
  // No other node has room for two layers more; together they have.
  problem.layerWeightBytes = problem.layerWeightBytes.map(() => 100e6);
  for (const node of problem.nodes) node.memoryLimitBytes = 106e6 + 1e6 + 3 * 115e6 + 1;
  problem.paths = problem.paths.map((row, from) => row.map((path, to) => (from === 3 || to === 3 ? (from === to ? path : null) : path)));
  const found = placeWithout(problem, running, ["tn_1"]);
  if ("infeasible" in found) throw new Error("infeasible");
  expect(found.placement.map((stage) => stage.to - stage.from)).toEqual([3, 3]);
  expect(found.origin.solver).not.toBe("hand-over/1");
});

test("nowhere to go: the reasons", () => {
  const problem = openProblem(4);
  for (const node of problem.nodes) node.online = node.topologyNodeId === "tn_1";
  const found = placeWithout(problem, running, ["tn_1"]);
  expect("infeasible" in found && found.refusals[0]?.fix).toBeTruthy();
});
