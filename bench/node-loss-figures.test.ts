import { expect, test } from "vitest";
import { backWithin, lossFigures, resentFigures, resentOf } from "./node-loss-figures.ts";
import { judgeFigure } from "./report.ts";

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
  const served = [one(0, 5), one(1_000, 2_700), one(2_000, 10), one(3_000, 900), ...Array.from({ length: 10 }, (_, index) => one(4_000 + 500 * index, 10))];
  expect(backWithin(served, 500, 100)).toBe(3_400);
  // Nothing that waited tells when, where one of them was lost: then it is the first that was well.
  expect(backWithin(served.map((each) => (each.dueMs === 3_000 ? { ...each, outcome: "lost" as const } : each)), 500, 100)).toBe(3_500);
  expect(backWithin(served.slice(0, 5), 500, 100)).toBe(Number.POSITIVE_INFINITY);
});

test("what did not happen in time is a figure that misses its target, and nothing under way is none", () => {
  const shown = { number: 1, backMs: Number.POSITIVE_INFINITY, bytesPerSecond: 1_000, sloFactor: 3, limitMs: 5_000 };
  const missed = lossFigures({ killedMs: 0, lostMs: 5_000, decidedMs: null, bytes: 0, loadMs: 0 }, shown).map((figure) => judgeFigure("node-loss", figure));
  expect(missed).toMatchObject([{ holds: false, against: "known to be lost after 5000 ms, no move was made" }]);
  expect(lossFigures({ killedMs: 0, lostMs: 5_000, decidedMs: 6_000, bytes: 3_000, loadMs: 1_000 }, { ...shown, backMs: 9_900 })[0]).toMatchObject({ value: 9_900, ratio: 1.1 });
  const none = resentFigures([{ goneMs: 20, resent: [] }], 2).map((figure) => judgeFigure("node-loss", figure));
  expect(none[0]).toMatchObject({ value: 1, holds: false });
  expect(none[1]).toMatchObject({ note: "nothing was under way where a node died" });
  expect(none[1]?.holds).toBeUndefined();
});
