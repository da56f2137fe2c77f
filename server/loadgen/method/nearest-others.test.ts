import { expect, test } from "vitest";
import { nearestOthers } from "./nearest-others.ts";

const sample = (label: string, ...values: number[]) => ({ label, values: Float32Array.from(values) });

test("each belongs to the label whose others point the same way, whatever its length", () => {
  expect(nearestOthers([sample("east", 1, 0.1), sample("east", 100, -10), sample("north", 0, 3), sample("north", 0.1, 0.2), sample("east", 0.01, 1)])).toEqual(["east", "east", "north", "north", "north"]);
});

test("it does not vote for itself: a sample that is like nobody of its label is told by the others", () => {
  // With itself in its mean, the third would be its own label's.
  expect(nearestOthers([sample("a", 1, 0), sample("a", 1, 0), sample("b", 0.9, 0.1), sample("b", -1, 0)])[2]).toBe("a");
});

test("the only sample of a label is told as another one; without another one as none", () => {
  expect(nearestOthers([sample("a", 1, 0), sample("b", 0, 1), sample("b", 0, 1)])).toEqual(["b", "b", "b"]);
  expect(nearestOthers([sample("a", 1)])).toEqual([null]);
  expect(nearestOthers([])).toEqual([]);
});
