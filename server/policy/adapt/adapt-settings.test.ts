import { expect, test } from "vitest";
import { DEFAULT_ADAPT_SETTINGS, whyNotNow } from "./adapt-settings.ts";

const settings = { ...DEFAULT_ADAPT_SETTINGS, coolDownSeconds: 30, movesPerHour: 2 };
const NOON = Date.UTC(2026, 0, 1, 12);

test("cool-down, moves per hour and protected windows each say why not, and nothing else stops it", () => {
  expect(whyNotNow(settings, [], NOON)).toBeNull();
  expect(whyNotNow(settings, [NOON - 10_000], NOON)).toContain("20 s");
  expect(whyNotNow(settings, [NOON - 3_000_000, NOON - 60_000], NOON)).toContain("2 times");
  expect(whyNotNow(settings, [NOON - 3_700_000, NOON - 60_000], NOON)).toBeNull();
  expect(whyNotNow({ ...settings, protectedWindows: [{ fromMinute: 700, toMinute: 780 }] }, [], NOON)).toContain("13:00");
});

test("a window may go over midnight", () => {
  const night = { ...settings, protectedWindows: [{ fromMinute: 1380, toMinute: 60 }] };
  const at = (hour: number, minute: number) => Date.UTC(2026, 0, 1, hour, minute);
  expect([at(23, 30), at(0, 30), at(1, 0), at(22, 59)].map((nowMs) => whyNotNow(night, [], nowMs) === null)).toEqual([false, false, true, true]);
});
