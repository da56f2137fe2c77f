import { expect, test } from "vitest";
import { fuzzyScore } from "./fuzzy.ts";

test("a beginning beats a word's start, that beats the middle, that beats letters in order", () => {
  const scores = ["gateway-2", "my gateway", "agateway", "green apple tea way"].map((name) => fuzzyScore(name, "gate"));
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  expect(new Set(scores).size).toBe(scores.length);
  expect(scores.at(-1)).toBeGreaterThan(0);
});

test("every word counts, and letters out of order are no match", () => {
  expect(fuzzyScore("node gateway-2", "gw2")).toBeGreaterThan(0);
  expect(fuzzyScore("node gateway-2", "node gate")).toBeGreaterThan(0);
  expect(fuzzyScore("node gateway-2", "node server")).toBe(0);
  expect(fuzzyScore("gateway", "yaw")).toBe(0);
  expect(fuzzyScore("anything", "  ")).toBe(1);
});
