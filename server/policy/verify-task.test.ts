import { expect, test } from "vitest";
import type { Parity } from "../planner/plan.ts";
import { moving, revision } from "./testdata/fleet.ts";
import { verifyNeed, verifyTaskOf } from "./verify-task.ts";

const old = revision(1, ["a"]);
const next = revision(2, ["b"]);
const withParity = (parity: Parity, file: typeof next.parityFile = next.parityFile) => moving([old, { ...next, parity, parityFile: file }], "verify");
const figures = { maxRelError: 0.02, tolerance: 1e-5, perOutput: [], inputs: "picture", checkedAt: "" };

test("an equal plan is verified with its own parity file and tolerance", () => {
  expect(verifyNeed(moving([old, next], "verify"))).toEqual({ kind: "task", task: { taskId: expect.stringMatching(/^vfy_/), epoch: 2, parityDigest: next.parityFile?.digest, parityBytes: 10, tolerance: 1e-5 } });
});

test.each([
  ["pending", { status: "pending" }, "wait"],
  ["structure-only", { status: "structure-only", reason: "no memory", checkedAt: "" }, "skip"],
  ["failed", { status: "failed", message: "broken", checkedAt: "" }, "impossible"],
  ["different", { status: "different", ...figures }, "impossible"],
] as const)("a plan whose check is %s is not verified by numbers", (_, parity, kind) => {
  const need = verifyNeed(withParity(parity as Parity));
  expect(need.kind).toBe(kind);
  expect("reason" in need && need.reason.length).toBeGreaterThan(10);
});

test("without a parity file there is nothing to compare with", () => {
  expect(verifyNeed(withParity(next.parity, null))).toMatchObject({ kind: "skip" });
});

test("the same migration and revision always have the same task, another revision another one", () => {
  const idOf = (to: typeof next) => verifyTaskOf(moving([old, to], "verify"))?.taskId;
  expect(idOf(next)).toBe(idOf(next));
  expect(idOf(next)).not.toBe(idOf({ ...next, revisionId: "rev_3" }));
});

test("an ingress is given the task only while the migration verifies", () => {
  for (const state of ["prepare", "warm", "cutover", "drain", "rolling-back"] as const) expect(verifyTaskOf(moving([old, next], state))).toBeNull();
  expect(verifyTaskOf(moving([old, next], "verify"))).not.toBeNull();
});
