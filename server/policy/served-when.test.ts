import { expect, test } from "vitest";
import { moveAt, type PastMove, servedAt, turnsOf } from "./served-when.ts";

const steps = (...all: [number, string][]) => all.map(([atMs, toState]) => ({ atMs, toState, reason: `to ${toState}` }));
const first: PastMove = { migrationId: "mig_1", fromRevisionId: null, toRevisionId: "rev_1", startedMs: 0, finishedMs: 60, steps: steps([10, "warm"], [20, "verify"], [30, "cutover"], [40, "drain"], [60, "done"]) };
const second: PastMove = { migrationId: "mig_2", fromRevisionId: "rev_1", toRevisionId: "rev_2", startedMs: 100, finishedMs: 160, steps: steps([110, "warm"], [130, "cutover"], [140, "drain"], [160, "done"]) };

test("requests go to a revision from its cutover on, and to none before the first", () => {
  const turns = turnsOf([second, first], []);
  expect([29, 30, 129, 130, 900].map((atMs) => servedAt(turns, atMs)?.revisionId ?? null)).toEqual([null, "rev_1", "rev_1", "rev_2", "rev_2"]);
});

test("a move that turns back after its cutover gives the old one back; one that never came so far changes nothing", () => {
  const undone: PastMove = { ...second, steps: steps([130, "cutover"], [135, "rolling-back"], [150, "rolled-back"]) };
  expect([131, 136].map((atMs) => servedAt(turnsOf([first, undone], []), atMs))).toMatchObject([{ revisionId: "rev_2" }, { revisionId: "rev_1", why: "turned back" }]);
  const early: PastMove = { ...second, steps: steps([110, "warm"], [120, "rolling-back"], [125, "cancelled"]) };
  expect(servedAt(turnsOf([first, early], []), 200)?.revisionId).toBe("rev_1");
});

test("a stop ends it, a resume takes the stop back", () => {
  const turns = turnsOf([first, second], [{ atMs: 200, kind: "stopped" }, { atMs: 210, kind: "resumed" }, { atMs: 300, kind: "stopped" }]);
  expect([199, 205, 215, 305].map((atMs) => servedAt(turns, atMs)?.revisionId ?? null)).toEqual(["rev_2", null, "rev_2", null]);
});

test("the move under way and its step", () => {
  expect([99, 105, 115, 150, 160].map((atMs) => moveAt([first, second], atMs)?.state ?? null)).toEqual([null, "prepare", "warm", "drain", null]);
  expect(moveAt([{ ...second, finishedMs: null }], 500)).toMatchObject({ toRevisionId: "rev_2", state: "done" });
});
