import { expect, test } from "vitest";
import { operationHref, operationTitle, outcomeText, progressRatio, progressText } from "./operation-words.ts";

const move = { kind: "move" as const, subjectId: "dep_1", subjectName: "upright" };

test("an operation is named by its verb and what it works on", () => {
  expect(operationTitle(move)).toBe("Move upright");
  expect(operationTitle({ kind: "drain", subjectId: "nod_1", subjectName: null })).toBe("Drain nod_1");
  expect(operationTitle({ kind: "import-model", subjectId: "", subjectName: null })).toBe("Import a model");
});

test("progress: the step, bytes with their unit and rate, items as a count, nothing where nothing is known", () => {
  expect(progressText({ step: "prepare", done: 1_200_000, total: 3_400_000, unit: "bytes", detail: "" }, 2_100_000)).toBe("prepare, 1.20 MB of 3.40 MB, 2.10 MB/s");
  expect(progressText({ step: "prepare", done: 3_400_000, total: 3_400_000, unit: "bytes", detail: "" }, 2_100_000)).toBe("prepare, 3.40 MB of 3.40 MB");
  expect(progressText({ step: "moving", done: 1, total: 2, unit: "items", detail: "" })).toBe("moving, 1 of 2");
  expect(progressText({ step: "waiting", done: 0, total: 0, unit: "", detail: "" })).toBe("waiting");
  expect(progressRatio({ step: "", done: 5, total: 4, unit: "items", detail: "" })).toBe(1);
  expect(progressRatio({ step: "", done: 0, total: 0, unit: "", detail: "" })).toBeNull();
});

test("an outcome says what came of it and why", () => {
  expect(outcomeText({ ...move, status: "running", error: null, result: null })).toBeNull();
  expect(outcomeText({ ...move, status: "succeeded", error: null, result: {} })).toBe("Move upright: done.");
  expect(outcomeText({ kind: "drain", subjectId: "n", subjectName: "gateway", status: "succeeded", error: null, result: {} })).toBe("Drain gateway: it is cordoned and empty.");
  expect(outcomeText({ ...move, status: "failed", error: { code: "x", message: "server is lost.", fix: null }, result: null })).toBe("Move upright: failed. server is lost.");
});

test("each leads to its place", () => {
  expect(operationHref(move)).toBe("/deployments/dep_1");
  expect(operationHref({ kind: "drain", subjectId: "nod_1", subjectName: "gateway" })).toBe("/nodes/nod_1");
  expect(operationHref({ kind: "import-model", subjectId: "", subjectName: null })).toBeNull();
});
