import { expect, test } from "vitest";
import { LATE_AFTER_MS, LOST_AFTER_MS, presenceOf } from "./presence.ts";

test.each([
  [0, "online"],
  [LATE_AFTER_MS - 1, "online"],
  [LATE_AFTER_MS, "late"],
  [LOST_AFTER_MS - 1, "late"],
  [LOST_AFTER_MS, "lost"],
])("after %i ms of silence a node is %s", (silentMs, expected) => {
  expect(presenceOf(1_000_000, 1_000_000 + silentMs)).toBe(expected);
});
