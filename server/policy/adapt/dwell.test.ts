import { expect, test } from "vitest";
import { addDwell, expectedResidualMs } from "./dwell.ts";

test("without experience, what has lasted long is expected to last long", () => {
  expect(expectedResidualMs([], 0)).toBe(10_000);
  expect(expectedResidualMs([], 120_000)).toBe(120_000);
});

test("experience takes over: mean of what is left of those that lasted longer", () => {
  const history = Array.from({ length: 20 }, () => 60_000).reduce<number[]>(addDwell, []);
  expect(expectedResidualMs(history, 20_000)).toBeLessThan(42_000);
  expect(expectedResidualMs(history, 20_000)).toBeGreaterThan(36_000);
  expect(Array.from({ length: 100 }, (_, index) => index).reduce<number[]>(addDwell, [])).toHaveLength(30);
});
