import { expect, test } from "vitest";
import { dueWindows, WINDOWS_BACK_MAX } from "./due-windows.ts";

test("the first pass writes the window that has just ended", () => expect(dueWindows(1_234_567, null)).toEqual([1_220_000]));

test("passes that come a little late each time leave no window out and write none twice", () => {
  const written: number[] = [];
  for (let nowMs = 1_000_050; nowMs < 1_600_000; nowMs += 10_900) written.push(...dueWindows(nowMs, written.at(-1) ?? null));
  expect(written).toEqual(Array.from({ length: written.length }, (_, index) => 990_000 + index * 10_000));
});

test("two passes within one window write it once", () => expect(dueWindows(1_005_000, 990_000)).toEqual([]));

test("after a long break only the newest are written", () => expect(dueWindows(9_000_000, 1_000_000)).toEqual(Array.from({ length: WINDOWS_BACK_MAX }, (_, index) => 8_940_000 + index * 10_000)));
