import { expect, test } from "vitest";
import { lastMoment, linePath, markBeside, readMoment, readSpanMinutes, shareOf, trackSpan, within } from "./replay-time.ts";

const NOW = 1_000_003_456;

test("the newest moment is a whole ten seconds, and not in the future", () => {
  expect([lastMoment(NOW), lastMoment(999_999_999)]).toEqual([1_000_000_000, 999_990_000]);
});

test("the span ends now, or lies around a moment before it", () => {
  expect(trackSpan(null, 15, NOW)).toEqual({ fromMs: 999_100_000, toMs: 1_000_000_000 });
  expect(trackSpan(NOW - 60_000, 15, NOW)).toEqual(trackSpan(null, 15, NOW));
  const before = trackSpan(900_000_001, 60, NOW);
  expect(before).toEqual({ fromMs: 898_200_000, toMs: 901_800_000 });
  expect([within(0, before), within(900_000_001, before), within(NOW, before), shareOf(900_000_000, before)]).toEqual([898_200_000, 900_000_001, 901_800_000, 0.5]);
});

test("what an address says is taken only where it means something", () => {
  expect([readMoment("2026-01-01T00:00:00Z"), readMoment("soon"), readMoment(null)]).toEqual([1_767_225_600_000, null, null]);
  expect([readSpanMinutes("360"), readSpanMinutes("7"), readSpanMinutes(null)]).toEqual([360, 15, 15]);
});

test("from mark to mark", () => {
  const marks = [10, 20, 30].map((ms) => ({ at: new Date(ms).toISOString() }));
  expect([markBeside(marks, 20, "next"), markBeside(marks, 20, "previous"), markBeside(marks, 30, "next"), markBeside([], 5, "next")]).toEqual([30, 10, null, null]);
});

test("a line keeps its gaps", () => {
  const at = (ms: number, value: number | null) => ({ at: new Date(ms).toISOString(), value });
  const scale = { height: 40, most: 10, gapMs: 100 };
  expect(linePath([at(0, 0), at(100, 10), at(300, 5), at(400, null), at(500, 5)], { fromMs: 0, toMs: 1000 }, scale)).toBe("M0.0 40.0L100.0 0.0M300.0 20.0M500.0 20.0");
});
