import { expect, test } from "vitest";
import { steadyLatencyMs, WINDOW_REQUESTS } from "./steady-latency.ts";

const windows = (...medians: number[]) => medians.flatMap((ms) => Array.from({ length: WINDOW_REQUESTS }, (_, index) => ms + (index - 2)));

test("three windows that agree within a tenth give their median", () => {
  expect(steadyLatencyMs(windows(100, 109, 105))).toBe(105);
});

test("fewer windows, or ones that disagree, give nothing", () => {
  expect(steadyLatencyMs([])).toBeNull();
  expect(steadyLatencyMs(windows(100, 100))).toBeNull();
  expect(steadyLatencyMs(windows(100, 100, 111))).toBeNull();
  expect(steadyLatencyMs([...windows(100, 100), 100, 100, 100, 100])).toBeNull();
});

test("what was slow before, and a single slow request, do not matter", () => {
  expect(steadyLatencyMs([...windows(220, 190, 121, 120), 119, 119, 122, 123, 900])).toBe(121);
});
