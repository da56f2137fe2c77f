import { expect, test } from "vitest";
import { borderBounds, goodCuts, snapBorder, stepBorder } from "./good-cuts.ts";

const cuts = { cutLegal: [true, true, false, true, true, true, true], cutBytes: [9, 4, 1, 6, 2, 2, 8] };

test("good cuts are local minima among legal ones; an illegal cheaper one between does not count", () => expect(goodCuts(cuts)).toEqual([2, 5, 6]));
test("where all cost the same, all are good", () => expect(goodCuts({ cutLegal: [true, true], cutBytes: [3, 3] })).toEqual([1, 2]));
test("no legal cut, no good one", () => expect(goodCuts({ cutLegal: [false], cutBytes: [3] })).toEqual([]));
test("a border snaps to the nearest good cut, or freely to any legal one", () => {
  expect(snapBorder(cuts, { from: 1, to: 7 }, 1, false)).toBe(2);
  expect(snapBorder(cuts, { from: 1, to: 7 }, 1, true)).toBe(1);
  expect(snapBorder(cuts, { from: 1, to: 7 }, 3, true)).toBe(2);
});
test("within bounds without a good cut any legal one is taken; without a legal one none", () => {
  expect(snapBorder(cuts, { from: 4, to: 4 }, 6, false)).toBe(4);
  expect(snapBorder(cuts, { from: 3, to: 3 }, 3, false)).toBeNull();
});
test("steps go from good cut to good cut, with Alt over every legal one, and end at the bounds", () => {
  expect(stepBorder(cuts, { from: 1, to: 7 }, 2, 1, false)).toBe(5);
  expect(stepBorder(cuts, { from: 1, to: 7 }, 2, 1, true)).toBe(4);
  expect(stepBorder(cuts, { from: 1, to: 7 }, 2, -1, false)).toBe(1);
  expect(stepBorder(cuts, { from: 2, to: 7 }, 2, -1, false)).toBeNull();
});
test("bounds leave each stage a layer", () => {
  const placement = [{ from: 0, to: 4, topologyNodeId: "a" }, { from: 4, to: 9, topologyNodeId: "b" }, { from: 10, to: 12, topologyNodeId: "c" }];
  expect(borderBounds(placement, 0)).toEqual({ from: 1, to: 8 });
  expect(borderBounds(placement, 1)).toBeNull();
});
