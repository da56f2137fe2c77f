import { expect, test } from "vitest";
import { AdmitLimit } from "./admit-limit.ts";

/** Requests at even distances for so many seconds, by priority: how many a second of each are let in, after the first second. */
function letIn(perSecond: number | null, offered: Record<number, number>, seconds = 21): Record<number, number> {
  const limit = new AdmitLimit();
  const asked = Object.entries(offered).flatMap(([priority, rate]) => Array.from({ length: rate * seconds }, (_, index) => ({ priority: Number(priority), atMs: ((index + 0.5) / rate) * 1000 })));
  const counts: Record<number, number> = {};
  for (const { priority, atMs } of asked.sort((a, b) => a.atMs - b.atMs)) {
    try {
      limit.demand(perSecond, priority, atMs);
      if (atMs >= 1_000) counts[priority] = (counts[priority] ?? 0) + 1;
    } catch (error) {
      expect(error).toMatchObject({ code: "overloaded" });
    }
  }
  return Object.fromEntries(Object.entries(counts).map(([priority, count]) => [priority, count / (seconds - 1)]));
}

test("without a limit all are let in, under one as many a second as it says", () => {
  expect(letIn(null, { 0: 50 })).toEqual({ 0: 50 });
  expect(letIn(20, { 0: 10 })).toEqual({ 0: 10 });
  expect(letIn(20, { 0: 50 })[0]).toBeCloseTo(20, 0);
});

test("those of no priority are refused first: who has one is let in as long as the rate allows, and the rest is theirs", () => {
  const mixed = letIn(20, { 0: 30, 1: 15 });
  expect(mixed[1]).toBeCloseTo(15, 0);
  expect(mixed[0]).toBeCloseTo(5, 0);
  const all = letIn(20, { 0: 30, 1: 40 });
  expect(all[1]).toBeCloseTo(20, 0);
  expect(all[0] ?? 0).toBeLessThan(1);
});

test("of two priorities the first goes before", () => {
  const counts = letIn(20, { 1: 20, 5: 20 });
  expect(counts[1]).toBeGreaterThan(18);
  expect(counts[5] ?? 0).toBeLessThan(2);
});

test("a slow limit still lets single ones in", () => {
  expect(letIn(0.5, { 0: 2 }, 61)[0]).toBeCloseTo(0.5, 1);
});
