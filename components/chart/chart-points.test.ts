import { expect, test } from "vitest";
import { mergePoints, nearestIndex, samplesBehind, withGaps } from "./chart-points.ts";

const at = (...seconds: number[]) => seconds.map((second) => ({ atMs: second * 1000 }));
const seconds = (points: readonly ({ atMs: number } | null)[]) => points.map((point) => (point === null ? null : point.atMs / 1000));

test("stored and live points become one row, and what the feed missed is filled from the store", () => {
  expect(seconds(mergePoints(at(0, 10, 20, 21, 22, 23, 24, 25, 26), at(20.1, 21.1, 25.1, 26.1, 27.1)))).toEqual([0, 10, 20.1, 21.1, 22, 23, 24, 25.1, 26.1, 27.1]);
  expect(mergePoints([], at(1, 2))).toEqual(at(1, 2));
  expect(mergePoints(at(1, 2), [])).toEqual(at(1, 2));
});
test("a gap is a step longer than those around it, in seconds and in windows, but not where one gives way to the other", () => {
  expect(seconds(withGaps(at(1, 2, 3, 4, 14, 15, 16)).points)).toEqual([1, 2, 3, 4, null, 14, 15, 16]);
  expect(seconds(withGaps(at(0, 10, 20, 30, 80, 90, 100)).points)).toEqual([0, 10, 20, 30, null, 80, 90, 100]);
  expect(seconds(withGaps(at(0, 10, 20, 30, 31, 32, 33)).points)).toEqual([0, 10, 20, 30, 31, 32, 33]);
  expect(seconds(withGaps(at(1, 2, 3, 11, 19, 20, 21)).points)).toEqual([1, 2, 3, null, 11, null, 19, 20, 21]);
  const { timesMs, points } = withGaps(at(1, 2, 3, 30, 31));
  expect(timesMs.length).toBe(points.length);
  expect([...timesMs].sort((a, b) => a - b)).toEqual(timesMs);
});
test("the nearest time", () => {
  const times = [10, 20, 40];
  expect([0, 14, 15, 16, 31, 99].map((ms) => nearestIndex(times, ms))).toEqual([0, 0, 0, 1, 2, 2]);
  expect(nearestIndex([], 5)).toBe(-1);
});
test("a frozen picture knows how far it is behind", () => {
  expect(samplesBehind(at(1, 2, 3), at(1, 2, 3, 4, 5))).toBe(2);
  expect(samplesBehind(at(1, 2), at(1, 2))).toBe(0);
  // What was thrown away at the old end changes nothing.
  expect(samplesBehind(at(1, 2, 3), at(3, 4))).toBe(1);
});
