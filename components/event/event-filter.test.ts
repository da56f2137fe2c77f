import { expect, test } from "vitest";
import type { StoredEvent } from "../../server/events/catalogue.ts";
import { eventPlace, eventSeverity, matchesFilter, NO_FILTER, readFilter } from "./event-filter.ts";

const event = (name: string, payload: object = {}, more: object = {}) => ({ seq: 1, at: "", name, subjectId: "nod_1", actor: "console", message: "cam-1 is lost: silent for 30 s.", payload, ...more }) as unknown as StoredEvent;

test("how bad an event is, by name and by what it says", () => {
  expect(eventSeverity(event("node.lost"))).toBe("error");
  expect(eventSeverity(event("assignment.changed", { state: "ready" }))).toBe("info");
  expect(eventSeverity(event("assignment.changed", { state: "failed" }))).toBe("error");
  expect(eventSeverity(event("migration.finished", { outcome: "cancelled" }))).toBe("warn");
  expect(eventSeverity(event("node.notice", { level: "warn" }))).toBe("warn");
});
test("each filter alone and together", () => {
  const lost = event("node.lost");
  expect(matchesFilter(lost, NO_FILTER)).toBe(true);
  expect(matchesFilter(lost, { kind: "node", severity: "warn", subjectId: "nod_1", text: "SILENT" })).toBe(true);
  expect(matchesFilter(lost, { ...NO_FILTER, kind: "plan" })).toBe(false);
  expect(matchesFilter(event("node.online"), { ...NO_FILTER, severity: "warn" })).toBe(false);
  expect(matchesFilter(lost, { ...NO_FILTER, text: "gateway" })).toBe(false);
  expect(matchesFilter(event("assignment.changed", { deploymentId: "dep_1" }), { ...NO_FILTER, subjectId: "dep_1" })).toBe(true);
});
test("an address is believed only as far as it makes sense", () => {
  expect(readFilter({ kind: "node", severity: "error", subject: "dep_a1", q: "x" })).toEqual({ kind: "node", severity: "error", subjectId: "dep_a1", text: "x" });
  expect(readFilter({ kind: "<b>", severity: "info", subject: "../x", q: null })).toEqual(NO_FILTER);
});
test("an event leads to what it is about, unless that is gone", () => {
  expect(eventPlace(event("node.lost"))).toBe("/nodes/nod_1");
  expect(eventPlace(event("migration.step", {}, { subjectId: "dep_1" }))).toBe("/deployments/dep_1?tab=timeline");
  expect(eventPlace(event("node.removed"))).toBeNull();
  expect(eventPlace(event("model.deleted", {}, { subjectId: "mdl_1" }))).toBeNull();
  expect(eventPlace(event("operation.changed", {}, { subjectId: "" }))).toBeNull();
});
