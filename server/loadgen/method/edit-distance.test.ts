import { expect, test } from "vitest";
import { editDistance } from "./edit-distance.ts";

test.each([["", "", 0], ["", "abc", 3], ["kitten", "sitting", 3], ["same", "same", 0], ["ab", "ba", 2], ["naïve", "naive", 1]])("%s and %s are %i apart", (a, b, distance) => {
  expect(editDistance(a, b)).toBe(distance);
  expect(editDistance(b, a)).toBe(distance);
});
