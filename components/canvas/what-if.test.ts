import { expect, test } from "vitest";
import type { Problem, ProblemNode } from "../../server/planner/problem.ts";
import { whatIf, whatIfBorder, whatIfDropped } from "./what-if.ts";

const node = (topologyNodeId: string, memoryLimitBytes: number | null = null): ProblemNode => ({ topologyNodeId, name: topologyNodeId, layerMs: [1, 1, 1, 1], cumulativeMs: [0, 1, 2, 3, 4], entryMs: [0, 0, 0, 0, 0], exitMs: [0, 0, 0, 0, 0], handoverMs: 0.5, frameMs: 0, kind: "estimated", memoryLimitBytes, trusted: true, planned: true, online: false, cordoned: false, approved: true });
const PATH = { latencyMs: 2, bandwidthBytesPerSecond: 1e6, trusted: true, kind: "estimated" as const };
const problem = (nodes: ProblemNode[]): Problem => ({
  layerCount: 4, layerNames: ["a", "b", "c", "d"], cutLegal: [true, false, true], cutReason: [null, "captured", null], cutBytes: [1000, 1000, 1000], inputBytes: 1000, outputBytes: 1000,
  layerWeightBytes: [0, 0, 0, 0], layerWorkspaceBytes: [0, 0, 0, 0], nodes, paths: nodes.map((_, u) => nodes.map((__, v) => (u === v ? { ...PATH, latencyMs: 0 } : PATH))), sourceIndex: null,
}) as Problem;

test("layers still to place are no reason to refuse a drop", () => {
  const drop = whatIfDropped(problem([node("x"), node("y")]), [], { from: 0, to: 1 }, "x");
  expect(drop.blocking).toEqual([]);
  expect(drop.refusals.map((refusal) => refusal.code)).toContain("gap");
});
test("a drop that would cut where the model may not be cut is refused", () => {
  expect(whatIfDropped(problem([node("x")]), [], { from: 0, to: 2 }, "x").blocking).toMatchObject([{ code: "illegal-cut", cutIndex: 1 }]);
});
test("a drop that does not fit is refused with the reason", () => {
  expect(whatIfDropped(problem([node("x", 1)]), [], { from: 0, to: 4 }, "x").blocking).toMatchObject([{ code: "memory" }]);
});
test("a whole placement has a prediction", () => {
  const { estimate, blocking } = whatIf(problem([node("x"), node("y")]), [{ from: 0, to: 1, topologyNodeId: "x" }, { from: 1, to: 4, topologyNodeId: "y" }]);
  expect(blocking).toEqual([]);
  expect(estimate?.latencyMs).toBeGreaterThan(8);
});
test("a border moved where the model may not be cut is refused; where it may, the new cut is predicted", () => {
  const placement = [{ from: 0, to: 1, topologyNodeId: "x" }, { from: 1, to: 4, topologyNodeId: "y" }];
  expect(whatIfBorder(problem([node("x"), node("y")]), placement, 0, 2).blocking).toMatchObject([{ code: "illegal-cut", cutIndex: 1 }]);
  const moved = whatIfBorder(problem([node("x"), node("y")]), placement, 0, 3);
  expect(moved).toMatchObject({ blocking: [], placement: [{ from: 0, to: 3 }, { from: 3, to: 4 }] });
  expect(moved.estimate).not.toBeNull();
});
