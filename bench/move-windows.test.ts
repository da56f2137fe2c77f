import { expect, test } from "vitest";
import { figuresOf, type Served } from "./move-windows.ts";

const at = (dueMs: number, doneMs: number, outcome: Served["outcome"] = "equal"): Served => ({ dueMs, doneMs, outcome });

test("a request counts where it was due, a gap in every stretch it reaches into", () => {
  const served = [at(0, 10), at(90, 100), at(110, 200), at(150, 210), at(205, 220)];
  const move = figuresOf(served, [{ kind: "migration", fromMs: 105, toMs: 205 }]);
  expect(move).toMatchObject({ requests: 2, p99Ms: 90, longestGapMs: 100 });
  expect(figuresOf(served, [{ kind: "steady", fromMs: 0, toMs: 99 }]).gapsMs).toEqual([90]);
});

test("what failed is no completion, and an end without answers is a gap", () => {
  const served = [at(0, 10), at(20, 30, "failed")];
  expect(figuresOf(served, [{ kind: "migration", fromMs: 15, toMs: 500 }])).toMatchObject({ requests: 0, longestGapMs: 490 });
});
