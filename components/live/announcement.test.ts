import { expect, test } from "vitest";
import { announcementOf, isSpoken, pauseMs, SPEAK_EVERY_MS } from "./announcement.ts";

test("losses and moves are read out, steps and figures are not", () => {
  expect(isSpoken("node.lost")).toBe(true);
  expect(isSpoken("migration.finished")).toBe(true);
  expect(isSpoken("assignment.changed")).toBe(false);
  expect(isSpoken("topology.saved")).toBe(false);
});
test("several become the last one and their number", () => {
  expect(announcementOf(["a is lost."])).toBe("a is lost.");
  expect(announcementOf(["a is lost.", "b is lost."])).toBe("b is lost. 1 event before it.");
  expect(announcementOf(["a", "b", "c is lost."])).toBe("c is lost. 2 events before it.");
});
test("the first is said at once, the next only when that could have been heard", () => {
  expect(pauseMs(null, 1000)).toBe(0);
  expect(pauseMs(1000, 1000)).toBe(SPEAK_EVERY_MS);
  expect(pauseMs(1000, 1000 + SPEAK_EVERY_MS * 2)).toBe(0);
});
