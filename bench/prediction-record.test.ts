import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { PREDICTION_RECORD } from "../server/planner/prediction-record.ts";
import { type Compared, recordOf, recordTable } from "./prediction-record.ts";

test("errors are percent of what was measured, the worst come first, and memory that was not read is no error", () => {
  const plan = (label: string, predicted: number, measured: number): Compared => ({ model: "m", label, estimate: { latencyMs: measured, throughputPerSecond: 10 }, paced: { latencyMs: predicted, throughputPerSecond: 10 }, idle: null, latencyMs: measured, throughputPerSecond: 10, memory: [{ bytes: 0, predictedBytes: 5 }] });
  const record = recordOf([plan("a", 10, 10), plan("b", 15, 20), plan("c", 33, 30)], "2026-01-31");
  expect(record.models).toEqual([{ name: "m", plans: 3, latencyPercent: 11.67, unpacedPercent: 0, throughputPlans: 3, throughputPercent: 0, latencyRank: 1, memoryPercent: null }]);
  expect(record.worst.slice(0, 2)).toMatchObject([{ plan: "b", what: "latency", percent: 25 }, { plan: "c", what: "latency", percent: -10 }]);
});

test("the docs tell what the console tells", () => {
  const docs = readFileSync(path.resolve(import.meta.dirname, "../docs/PLANNING.md"), "utf8");
  expect(PREDICTION_RECORD.models.length).toBeGreaterThan(4);
  expect(docs).toContain(recordTable(PREDICTION_RECORD));
});
