import { expect, test } from "vitest";
import { nearestCentroid } from "./nearest-centroid.ts";

test("an embedding belongs to the class whose mean direction is nearest, whatever its length and however many examples a class has", () => {
  const classOf = nearestCentroid([
    { label: "east", embedding: [1, 0.1] }, { label: "east", embedding: [100, -10] }, { label: "east", embedding: [2, 0] },
    { label: "north", embedding: [0, 0.01] },
  ]);
  expect(classOf([5, 1])).toBe("east");
  expect(classOf([1, 5])).toBe("north");
  expect(classOf([0.001, 0])).toBe("east");
});
