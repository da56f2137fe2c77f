import { expect, test } from "vitest";
import { backWithin, resentOf } from "./node-loss-figures.ts";

const KILLED_MS = Date.parse("2026-01-01T00:00:10.000Z");

test("what was under way at the death is timed from it, what came later from when it came; others are left out", () => {
  const traces = [
    { startedAt: "2026-01-01T00:00:09.950Z", ok: true, sendMs: 62, tries: [{ endedMs: 60 }] },
    { startedAt: "2026-01-01T00:00:10.005Z", ok: true, sendMs: 9, tries: [{ endedMs: 8 }] },
    { startedAt: "2026-01-01T00:00:09.900Z", ok: true, sendMs: 1 },
    { startedAt: "2026-01-01T00:00:01.000Z", ok: true, sendMs: 20, tries: [{ endedMs: 15 }] },
  ];
  expect(resentOf(traces, KILLED_MS, KILLED_MS + 4_000)).toEqual([{ afterMs: 12, pauseMs: 2 }, { afterMs: 9, pauseMs: 1 }]);
});

test("back is when all that is due from then on is well, not the first that was", () => {
  const one = (dueMs: number, tookMs: number) => ({ dueMs, doneMs: dueMs + tookMs, outcome: "equal" as const });
  const served = [one(0, 5), one(1_000, 9_000), one(2_000, 10), one(3_000, 900), ...Array.from({ length: 10 }, (_, index) => one(4_000 + 500 * index, 10))];
  expect(backWithin(served, 500, 100)).toBe(3_500);
  expect(backWithin(served.slice(0, 5), 500, 100)).toBe(Number.POSITIVE_INFINITY);
});
