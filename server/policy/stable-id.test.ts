import { expect, test } from "vitest";
import { assignmentIdOf, laneIdOf } from "./stable-id.ts";

test("the same parts give the same id, others another", () => {
  const stage = { segmentId: "seg_1", nodeId: "nod_1" };
  expect(assignmentIdOf("dep_1", stage)).toBe(assignmentIdOf("dep_1", { ...stage }));
  // A stage in another mode is another process: both are loaded while a deployment moves.
  expect(assignmentIdOf("dep_1", { ...stage, session: { intraOpThreads: 2, optimization: "all", provider: "cpu" } })).not.toBe(assignmentIdOf("dep_1", stage));
  expect(assignmentIdOf("dep_1", stage)).toMatch(/^asg_[0-9a-z]{20}$/);
  const ids = new Set(Array.from({ length: 20_000 }, (_, index) => laneIdOf(`rev_${index % 200}`, Math.floor(index / 200))));
  expect(ids.size).toBe(20_000);
});
