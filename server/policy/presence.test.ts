import { expect, test } from "vitest";
import { FIRST_CONTACT_MS, LATE_AFTER_MS, LOST_AFTER_MS, presenceOf } from "./presence.ts";

test.each([
  [0, "online"],
  [LATE_AFTER_MS - 1, "online"],
  [LATE_AFTER_MS, "late"],
  [LOST_AFTER_MS - 1, "late"],
  [LOST_AFTER_MS, "lost"],
])("connected and silent for %i ms, a node is %s", (silentMs, expected) => {
  expect(presenceOf({ connected: true, heard: true, silentMs })).toBe(expected);
});

test.each([
  [0, "connecting"],
  [LATE_AFTER_MS, "late"],
  [LOST_AFTER_MS, "lost"],
])("its connection gone for %i ms, a node is %s", (silentMs, expected) => {
  expect(presenceOf({ connected: false, heard: true, silentMs })).toBe(expected);
});

test("until a started console has heard of a node it is neither online nor late: connecting, then lost", () => {
  expect(presenceOf({ connected: false, heard: false, silentMs: 0 })).toBe("connecting");
  expect(presenceOf({ connected: false, heard: false, silentMs: FIRST_CONTACT_MS - 1 })).toBe("connecting");
  expect(presenceOf({ connected: false, heard: false, silentMs: FIRST_CONTACT_MS })).toBe("lost");
});
