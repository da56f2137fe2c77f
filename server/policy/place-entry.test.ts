import { expect, test } from "vitest";
import { estimatePlacement } from "../planner/estimate.ts";
import type { Placement } from "../planner/plan.ts";
import type { Problem } from "../planner/problem.ts";
import { randomProblem } from "../planner/testdata/random-problem.ts";
import { placeEntry } from "./place-entry.ts";
import { placeWithout } from "./place-without.ts";

const WAY = { latencyMs: 1, bandwidthBytesPerSecond: 1e8, kind: "measured" as const, via: [], linkIds: [], trusted: true };
const running: Placement = [{ from: 0, to: 2, topologyNodeId: "tn_0" }, { from: 2, to: 4, topologyNodeId: "tn_1" }, { from: 4, to: 6, topologyNodeId: "tn_2" }];

/** Entered at tn_0; every cut legal, everybody linked. */
function openProblem(seed: number): Problem {
  const problem = randomProblem(seed, { layers: 6, nodes: 4 });
  problem.cutLegal = problem.cutLegal.map(() => true);
  problem.paths = problem.paths.map((row, from) => row.map((_, to) => (from === to ? { ...WAY, latencyMs: 0 } : WAY)));
  return { ...problem, sourceIndex: 0 };
}
function placed(problem: Problem, among?: string[]) {
  const found = placeEntry(problem, running, ["tn_0"], among);
  if ("infeasible" in found) throw new Error(JSON.stringify(found.refusals));
  return found;
}

test.each([1, 2, 3, 4])("the entry of lowest predicted latency is taken (seed %i)", (seed) => {
  const problem = openProblem(seed);
  const { entryId, placement } = placed(problem);
  const latencyOf = (index: number) => {
    const entered = { ...problem, sourceIndex: index };
    const found = placeWithout(entered, running, ["tn_0"]);
    return "infeasible" in found ? Number.POSITIVE_INFINITY : (estimatePlacement(entered, found.placement)?.latencyMs ?? Number.POSITIVE_INFINITY);
  };
  const chosen = problem.nodes.findIndex((node) => node.topologyNodeId === entryId);
  expect(chosen).not.toBe(0);
  expect(estimatePlacement({ ...problem, sourceIndex: chosen }, placement)?.latencyMs).toBeCloseTo(Math.min(...[1, 2, 3].map(latencyOf)), 9);
});
test("the drawing's own choice comes first", () => {
  expect(placed({ ...openProblem(1), sourceIndex: 3 }).entryId).toBe("tn_3");
});
test("another entry that stays is taken before a new one is opened", () => {
  expect(placed(openProblem(1), ["tn_2"]).entryId).toBe("tn_2");
});
test("without a source requests enter at the first stage, wherever that goes", () => {
  const { entryId, placement } = placed({ ...openProblem(1), sourceIndex: null });
  expect(entryId).toBe(placement[0]?.topologyNodeId);
  expect(entryId).not.toBe("tn_0");
});
test("nobody can take the requests: refused, with what to do", () => {
  const problem = openProblem(1);
  for (const node of problem.nodes) node.cordoned = true;
  expect(placeEntry(problem, running, ["tn_0"])).toMatchObject({ infeasible: true, refusals: [{ message: "No other node of the topology can take requests." }] });
});
