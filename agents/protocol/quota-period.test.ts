import { expect, test } from "vitest";
import { periodEndMs, periodOf } from "./quota-period.ts";

test("days and months are those of the calendar, over leap years and centuries", () => {
  const days = ["1999-12-30", "2024-01-01", "2096-02-01", "2100-01-01"].flatMap((from) => Array.from({ length: 430 }, (_, index) => Date.parse(`${from}T12:00:00Z`) + index * 86_400_000));
  for (const at of days) {
    const date = new Date(at);
    const iso = date.toISOString();
    expect([periodOf("day", at), periodOf("month", at)]).toEqual([iso.slice(0, 10), iso.slice(0, 7)]);
    expect([periodEndMs("day", at), periodEndMs("month", at)]).toEqual([Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() + 1), Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)]);
  }
  const midnight = Date.parse("2026-12-01T00:00:00Z");
  expect([periodOf("day", midnight - 1), periodOf("day", midnight), periodEndMs("month", midnight - 1)]).toEqual(["2026-11-30", "2026-12-01", midnight]);
});
