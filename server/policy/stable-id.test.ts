import { expect, test } from "vitest";
import { assignmentIdOf, laneIdOf } from "./stable-id.ts";

test("the same parts give the same id, others another", () => {
  expect(assignmentIdOf("dep_1", "seg_1", "nod_1")).toBe(assignmentIdOf("dep_1", "seg_1", "nod_1"));
  expect(assignmentIdOf("dep_1", "seg_1", "nod_1")).toMatch(/^asg_[0-9a-z]{20}$/);
  const ids = new Set(Array.from({ length: 20_000 }, (_, index) => laneIdOf(`rev_${index % 200}`, Math.floor(index / 200))));
  expect(ids.size).toBe(20_000);
});
