import { expect, test } from "vitest";
import { createCapacity, learnCores } from "./capacity.ts";

test("fewer cores than a thread needs are a loss, told once; quotas beyond a core are none", () => {
  const capacity = createCapacity();
  const learn = (coresNow: number, nowMs: number) => learnCores(capacity, "nod_a", { coresNow, usualCores: 4 }, nowMs);
  expect(learn(4, 0)).toBe(false);
  expect(learn(2, 1)).toBe(false);
  expect(learn(0.1, 2)).toBe(true);
  expect(learn(0.1, 3)).toBe(false);
  expect(capacity.nodes.get("nod_a")?.coreLoss).toEqual({ factor: 10, sinceMs: 2 });
  expect(learn(0.5, 4)).toBe(true);
  expect(capacity.nodes.get("nod_a")?.coreLoss).toEqual({ factor: 2, sinceMs: 4 });
  expect(learn(4, 5)).toBe(true);
  expect(capacity.nodes.get("nod_a")?.coreLoss).toBeNull();
});

test("a node that was profiled under a quota has lost nothing while it keeps it", () => {
  const capacity = createCapacity();
  expect(learnCores(capacity, "nod_a", { coresNow: 0.5, usualCores: 0.5 }, 0)).toBe(false);
  expect(capacity.nodes.get("nod_a")?.coreLoss).toBeNull();
});
