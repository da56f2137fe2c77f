import { expect, test } from "vitest";
import { analysisTable } from "./analysis-table.ts";
import { estimateAnalysis } from "./estimate-analysis.ts";

const ASKED = { maxBatch: [1, 4], concurrency: [1, 2, 4], search: "sweep" as const, maxConfigurations: 100, windowMs: 1000, maxWindows: 10 };

test("a sweep: from four windows each to all of them, a rig for each plan and one more to measure again", () => {
  // 12 + 1 measurements of (3 + 1) s + 1.5 s, 2 + 1 rigs of 10 s; 12 + 3 of (10 + 1) s + 1.5 s, 2 + 3 rigs.
  expect(estimateAnalysis(2, ASKED, 10)).toEqual({ configurations: 12, measured: 12, rigs: 2, atLeastSeconds: Math.round(13 * 5.5 + 30), atMostSeconds: Math.round(15 * 12.5 + 50), rigSecondsSeen: 10 });
});

test("no more are counted than may be measured, and a quick search may visit a few alone", () => {
  expect(estimateAnalysis(2, { ...ASKED, maxConfigurations: 5 }, null)).toMatchObject({ configurations: 12, measured: 5, rigSecondsSeen: null });
  expect(estimateAnalysis(2, { ...ASKED, search: "quick" }, 10).atLeastSeconds).toBeLessThan(estimateAnalysis(2, ASKED, 10).atLeastSeconds);
});

test("as a table: quoted where it must be, empty where there is no figure, measured again below", () => {
  const configuration = { planId: "pln_1", threads: null, maxBatch: 2, concurrency: 4 };
  const variant = { planId: "pln_1", planRevision: 3, wish: { kind: "current" as const }, threads: null, label: "plan 3, which runs", nodeIds: [], refused: null };
  const figures = { perSecond: 10.5, plusMinus: 0.5, latencyMsP50: 1, latencyMsP90: 2, latencyMsP99: 3, sampleCount: 30, memoryBytes: null, isHarnessLate: false };
  const table = analysisTable([variant], [{ configuration, figures, why: null, measuredAt: "2026-01-01T00:00:00.000Z", othersPerSecond: 0 }, { configuration: { ...configuration, concurrency: 8 }, figures: null, why: "=no \"figure\"", measuredAt: "", othersPerSecond: 1 }], { chosen: configuration, why: null, again: [{ configuration, figures, why: null, keeps: true }] });
  const lines = table.trimEnd().split("\r\n");
  expect(lines).toHaveLength(4);
  expect(lines[1]).toBe('first,"plan 3, which runs",pln_1,,2,4,10.5,0.5,1,2,3,30,,false,0,2026-01-01T00:00:00.000Z,');
  expect(lines[2]).toBe('first,"plan 3, which runs",pln_1,,2,8,,,,,,,,,1,,"\'=no ""figure"""');
  expect(lines[3]).toMatch(/^again,/);
});
