import { expect, test } from "vitest";
import { FIRST_CONTACT_MS, GONE_AFTER_MS, LATE_AFTER_MS, LOST_AFTER_MS, presenceDueInMs, presenceOf } from "./presence.ts";

test.each([
  [0, "online"],
  [LATE_AFTER_MS - 1, "online"],
  [LATE_AFTER_MS, "late"],
  [LOST_AFTER_MS - 1, "late"],
  [LOST_AFTER_MS, "lost"],
])("connected and silent for %i ms, a node is %s", (silentMs, expected) => {
  expect(presenceOf({ connected: true, heard: true, silentMs, goneMs: null })).toBe(expected);
});

test.each([
  [0, "connecting"],
  [LATE_AFTER_MS, "late"],
  [LOST_AFTER_MS, "lost"],
])("its connection gone for %i ms, a node is %s", (silentMs, expected) => {
  expect(presenceOf({ connected: false, heard: true, silentMs, goneMs: null })).toBe(expected);
});

test("until a started console has heard of a node it is neither online nor late: connecting, then lost", () => {
  expect(presenceOf({ connected: false, heard: false, silentMs: 0, goneMs: null })).toBe("connecting");
  expect(presenceOf({ connected: false, heard: false, silentMs: FIRST_CONTACT_MS - 1, goneMs: null })).toBe("connecting");
  expect(presenceOf({ connected: false, heard: false, silentMs: FIRST_CONTACT_MS, goneMs: null })).toBe("lost");
});

test("one that closed its connection and at which nobody listens is lost as soon as a restarted one would be back; connected again it is not", () => {
  const gone = (goneMs: number | null, connected = false) => presenceOf({ connected, heard: true, silentMs: GONE_AFTER_MS + 500, goneMs });
  expect([gone(null), gone(GONE_AFTER_MS - 1), gone(GONE_AFTER_MS), gone(GONE_AFTER_MS, true)]).toEqual(["late", "late", "lost", "late"]);
});

test.each([
  [{ silentMs: 0, leftMs: null }, LATE_AFTER_MS],
  [{ silentMs: LATE_AFTER_MS, leftMs: null }, LOST_AFTER_MS - LATE_AFTER_MS],
  [{ silentMs: 900, leftMs: 100 }, LATE_AFTER_MS - 900],
  [{ silentMs: LATE_AFTER_MS + 900, leftMs: 4_900 }, GONE_AFTER_MS - 4_900],
  [{ silentMs: LOST_AFTER_MS, leftMs: GONE_AFTER_MS }, Number.POSITIVE_INFINITY],
])("%j: it is looked at again when it would be something else", (node, dueMs) => {
  expect(presenceDueInMs(node)).toBe(dueMs);
});
