import { expect, test } from "vitest";
import { clockText } from "../../server/policy/adapt/adapt-settings.ts";
import { minuteOf } from "./minute-of.ts";

test("a time field's text and back", () => {
  expect(["00:00", "22:30", "23:59", "08:05:30"].map(minuteOf)).toEqual([0, 1350, 1439, 485]);
  expect(["", "24:00", "8", "12:75"].map(minuteOf)).toEqual([null, null, null, null]);
  for (const minute of [0, 61, 1350]) expect(minuteOf(clockText(minute))).toBe(minute);
});
