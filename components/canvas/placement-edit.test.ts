import { expect, test } from "vitest";
import type { Placement } from "../../server/planner/plan.ts";
import { assign, clear, moveBorder, neighbourNode, samePlacement } from "./placement-edit.ts";

const stage = (from: number, to: number, topologyNodeId: string) => ({ from, to, topologyNodeId });
const AB: Placement = [stage(0, 4, "a"), stage(4, 10, "b")];

test("assigning makes room", () => expect(assign(AB, { from: 2, to: 6 }, "c")).toEqual([stage(0, 2, "a"), stage(2, 6, "c"), stage(6, 10, "b")]));
test("neighbours on one node become one stage", () => expect(assign(AB, { from: 4, to: 6 }, "a")).toEqual([stage(0, 6, "a"), stage(6, 10, "b")]));
test("a whole model on one node is one stage", () => expect(assign(AB, { from: 0, to: 10 }, "c")).toEqual([stage(0, 10, "c")]));
test("an empty range changes nothing", () => expect(assign(AB, { from: 3, to: 3 }, "c")).toBe(AB));
test("clearing leaves a hole", () => expect(clear(AB, { from: 3, to: 5 })).toEqual([stage(0, 3, "a"), stage(5, 10, "b")]));
test("a border moves within its two stages", () => {
  expect(moveBorder(AB, 0, 7)).toEqual([stage(0, 7, "a"), stage(7, 10, "b")]);
  expect(moveBorder(AB, 0, 99)).toEqual([stage(0, 9, "a"), stage(9, 10, "b")]);
  expect(moveBorder(AB, 1, 5)).toBe(AB);
});
test("placements compare by value", () => {
  expect(samePlacement(AB, AB.map((one) => ({ ...one })))).toBe(true);
  expect(samePlacement(AB, AB.slice(1))).toBe(false);
});
test("a range most likely goes to its neighbour in the chain", () => {
  expect(neighbourNode(AB, { from: 4, to: 5 })).toBe("a");
  expect(neighbourNode(AB, { from: 3, to: 4 })).toBe("b");
  expect(neighbourNode(AB, { from: 1, to: 2 })).toBeNull();
});
