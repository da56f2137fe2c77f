import { expect, test } from "vitest";
import { bootstrap, compareCosts } from "./compare.ts";

test("counts wins, ties and losses, and plans that only one has", () => {
  const compared = compareCosts([{ ours: 1, theirs: 2 }, { ours: 1, theirs: 1 }, { ours: 2, theirs: 1 }, { ours: 1, theirs: Number.POSITIVE_INFINITY }, { ours: Number.POSITIVE_INFINITY, theirs: 3 }, { ours: Number.POSITIVE_INFINITY, theirs: Number.POSITIVE_INFINITY }]);
  expect(compared).toMatchObject({ wins: 1, ties: 1, losses: 1, onlyOurs: 1, onlyTheirs: 1, neither: 1 });
  expect(compared.ratio).toBeCloseTo(1, 12);
  expect(compared.worst).toBeCloseTo(0.5, 12);
});

test("the interval holds the mean, and narrows with more of the same", () => {
  const values = [0, 1, 2, 3];
  const [low, high] = bootstrap(values);
  expect(low).toBeLessThan(1.5);
  expect(high).toBeGreaterThan(1.5);
  const [lowOfMany, highOfMany] = bootstrap(Array.from({ length: 25 }, () => values).flat());
  expect(highOfMany - lowOfMany).toBeLessThan(high - low);
});
