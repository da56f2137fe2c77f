import { expect, test } from "vitest";
import { predictedBand, tableIndexes, valuesOf } from "./chart-data.ts";

test("a band lies around its prediction, and where there is none there is no band", () => {
  const { low, middle, high } = predictedBand<{ v: number | null }>("predicted", (point) => point.v);
  expect(low({ v: 100 })).toBeCloseTo(85);
  expect(high({ v: 100 })).toBeCloseTo(115);
  expect([low, middle, high].map((of) => of({ v: null }))).toEqual([null, null, null]);
});
test("gaps stay gaps, untold stays untold", () => expect(valuesOf([{ v: 1 }, null, { v: undefined }], (point) => point.v)).toEqual([1, null, undefined]));
test("a table is bounded, newest first, and leaves gaps out", () => {
  expect(tableIndexes([1, 2, null, 4, 5], 0, 4, 10)).toEqual([4, 3, 1, 0]);
  const many = tableIndexes(Array(1000).fill(1), 0, 999, 60);
  expect(many.length).toBeLessThanOrEqual(60);
  expect(many[0]).toBe(999);
});
