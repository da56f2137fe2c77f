import { expect, test } from "vitest";
import { loadTime, warmTime } from "./load-time.ts";

const seen = (nodeId: string, megabytes: number, loadMs: number, warmMs = 50) => ({ nodeId, bytes: megabytes * 1e6, loadMs, warmMs });

test("what loaded on the node gives its rate: all bytes by all time", () => {
  // 100 MB in 1 s and 300 MB in 3 s: 100 MB/s.
  expect(loadTime([seen("a", 100, 1_000), seen("a", 300, 3_000), seen("b", 100, 10)], "a", 250e6)).toEqual({ ms: 2_500, kind: "measured" });
});

test("where nothing loaded the slowest rate of others is taken, and where nothing at all did, a constant; both are estimates", () => {
  expect(loadTime([seen("b", 100, 500), seen("c", 100, 2_000)], "a", 100e6)).toEqual({ ms: 2_000, kind: "estimated" });
  expect(loadTime([], "a", 300e6)).toEqual({ ms: 1_000, kind: "estimated" });
});

test("a small load tells how long the rest of loading takes, and nothing of the rate", () => {
  // A kilobyte in 60 ms is no 17 kB/s.
  const small = [seen("a", 0.001, 60)];
  expect(loadTime(small, "a", 2_000)).toEqual({ ms: 60, kind: "measured" });
  expect(loadTime(small, "a", 600e6)).toEqual({ ms: 2_000, kind: "estimated" });
  expect(loadTime([...small, seen("a", 100, 1_000)], "a", 1e6)).toEqual({ ms: 60, kind: "measured" });
});

test("a first run takes the longest that was seen there, else no less than elsewhere", () => {
  expect(warmTime([seen("a", 1, 1, 70), seen("a", 1, 1, 40), seen("b", 1, 1, 900)], "a")).toEqual({ ms: 70, kind: "measured" });
  expect(warmTime([seen("b", 1, 1, 900)], "a")).toEqual({ ms: 900, kind: "estimated" });
  expect(warmTime([], "a")).toEqual({ ms: 500, kind: "estimated" });
});
