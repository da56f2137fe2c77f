import { expect, test } from "vitest";
import type { LogPage } from "../api.ts";
import { addLogPage, filterLog, LOG_ENTRIES_MAX, type LogEntry, logText, mustStartOver, NO_LOG } from "./log-lines.ts";

const page = (from: number, to: number, more: Partial<LogPage> = {}): LogPage => ({
  bootId: "a", firstSeq: 1, nextSeq: to, headSeq: to,
  lines: Array.from({ length: to - from + 1 }, (_, index) => ({ seq: from + index, at: "2026-01-01T00:00:00.000Z", level: (from + index) % 10 === 0 ? "error" as const : "info" as const, code: "code", message: `line ${from + index}` })), ...more,
});
const seqs = (entries: readonly LogEntry[]) => entries.map((entry) => (entry.kind === "line" ? entry.row.seq : entry.kind));

test("pages follow each other without a gap, and a repeated one adds nothing", () => {
  const view = addLogPage(addLogPage(addLogPage(NO_LOG, page(5, 7)), page(8, 9)), page(8, 9));
  expect(seqs(view.entries)).toEqual([5, 6, 7, 8, 9]);
});
test("lines the agent forgot are counted, a new start is marked and begins anew", () => {
  const gap = addLogPage(addLogPage(NO_LOG, page(1, 2)), page(9, 10, { firstSeq: 9 }));
  expect(gap.entries[2]).toMatchObject({ kind: "missing", count: 6 });
  const later = page(1, 2, { bootId: "b" });
  expect(mustStartOver(gap, later)).toBe(true);
  expect(seqs(addLogPage(gap, later).entries)).toEqual([1, 2, "missing", 9, 10, "restarted", 1, 2]);
});
test("memory is bounded", () => {
  let view = NO_LOG;
  for (let from = 1; from < 5 * LOG_ENTRIES_MAX; from += 400) view = addLogPage(view, page(from, from + 399));
  expect(view.entries.length).toBe(LOG_ENTRIES_MAX);
});
test("filters by level and text, and writes what it shows", () => {
  const { entries } = addLogPage(NO_LOG, page(1, 30));
  expect(seqs(filterLog(entries, "warn", ""))).toEqual([10, 20, 30]);
  expect(seqs(filterLog(entries, "debug", "LINE 20"))).toEqual([20]);
  expect(logText(filterLog(entries, "error", "line 30"))).toBe("2026-01-01T00:00:00.000Z error code line 30\n");
});
