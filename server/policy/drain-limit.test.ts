import { expect, test } from "vitest";
import { drainLimitMs } from "./drain-limit.ts";
import { deployment } from "./testdata/fleet.ts";

test("what is in flight gets its longest deadline and time for the answer to travel", () => {
  const { settings } = deployment([]);
  const limit = drainLimitMs(settings);
  expect(limit).toBeGreaterThan(settings.limits.maxDeadlineMs);
  expect(drainLimitMs({ ...settings, limits: { ...settings.limits, maxDeadlineMs: settings.limits.maxDeadlineMs + 700 } })).toBe(limit + 700);
  expect(drainLimitMs({ ...settings, limits: { ...settings.limits, defaultDeadlineMs: 1 } })).toBe(limit);
});
