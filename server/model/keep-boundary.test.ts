import { expect, test } from "vitest";
import { keepBoundary } from "./keep-boundary.ts";
import type { Profile } from "./profile.ts";

const profile = (wholeMs: number, change: Partial<Profile> = {}): Profile => ({
  modelDigest: "m", deviceClass: "d", session: { intraOpThreads: 1, optimization: "all", provider: "cpu" }, kind: "measured",
  layerMs: [wholeMs / 2, wholeMs / 2], wholeMs, wholeSdMs: 0, measuredAt: "2026-01-01T00:00:00Z", runs: 30, agentVersion: "1", ortVersion: "1", ...change,
});
const boundary = { entryMs: [0, 1, 0], exitMs: [0, 1, 0], segmentCount: 9, heldOutCount: 1, holdOutErrorPercent: 3, sumErrorPercent: 9 };

test("what cuts cost stays through a quick measurement, at the new pace", () => {
  const kept = keepBoundary(profile(20), profile(10, { layerMs: [3, 7], boundary }));
  expect(kept.layerMs).toEqual([6, 14]);
  expect(kept.boundary?.entryMs).toEqual([0, 2, 0]);
  expect(kept.boundary?.holdOutErrorPercent).toBe(3);
});

test("nothing stays of another runtime or agent, and what was measured now is taken", () => {
  expect(keepBoundary(profile(20, { ortVersion: "2" }), profile(10, { boundary })).boundary).toBeUndefined();
  expect(keepBoundary(profile(20, { agentVersion: "2" }), profile(10, { boundary })).boundary).toBeUndefined();
  expect(keepBoundary(profile(20), null).boundary).toBeUndefined();
  const own = { ...boundary, segmentCount: 12 };
  expect(keepBoundary(profile(20, { boundary: own }), profile(10, { boundary })).boundary).toBe(own);
});
