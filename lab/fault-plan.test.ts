import { expect, test } from "vitest";
import { FAULT_KINDS, planFaults } from "./fault-plan.ts";

const options = { seed: 4, durationMs: 3_600_000, everyMs: 20_000, nodes: ["a", "b", "c"], kinds: FAULT_KINDS, smallDisks: ["c"] };

test("one after the other, each undone before the next, all kinds equally often", () => {
  const faults = planFaults(options);
  expect(faults).toHaveLength(179);
  for (const [index, fault] of faults.entries()) {
    expect(fault.atMs).toBe(20_000 * (index + 1));
    expect(fault.lastsMs).toBeLessThanOrEqual(10_000);
    expect(fault.peer).not.toBe(fault.node);
    if (fault.kind === "fill-disk") expect(fault.node).toBe("c");
  }
  const counts = FAULT_KINDS.map((kind) => faults.filter((fault) => fault.kind === kind).length);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
});

test("the same seed, the same faults; what cannot be done here is not planned", () => {
  expect(planFaults(options)).toEqual(planFaults(options));
  expect(planFaults({ ...options, seed: 5 })).not.toEqual(planFaults(options));
  expect(planFaults({ ...options, smallDisks: [] }).some((fault) => fault.kind === "fill-disk")).toBe(false);
});
