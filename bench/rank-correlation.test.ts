import { expect, test } from "vitest";
import { rankCorrelation } from "./rank-correlation.ts";

test("1 for the same order, −1 for the opposite, less with each swap; ties share a rank", () => {
  expect(rankCorrelation([1, 2, 3, 4], [10, 20, 30, 400])).toBeCloseTo(1, 12);
  expect(rankCorrelation([1, 2, 3, 4], [4, 3, 2, 1])).toBeCloseTo(-1, 12);
  expect(rankCorrelation([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(0.8, 12);
  expect(rankCorrelation([1, 2, 2, 4], [1, 2, 2, 4])).toBeCloseTo(1, 12);
});
