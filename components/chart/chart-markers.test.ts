import { expect, test } from "vitest";
import type { StoredEvent } from "../../server/events/catalogue.ts";
import { chartMarkers } from "./chart-markers.ts";

const event = (seq: number, name: string, payload: object) => ({ seq, at: new Date(seq * 1000).toISOString(), name, subjectId: "", actor: "", message: "", payload }) as unknown as StoredEvent;

test("cutovers, losses and failures are marked at their time, and what only reports progress is not", () => {
  const markers = chartMarkers([
    event(1, "migration.step", { to: "warm" }), event(2, "migration.step", { to: "cutover" }), event(3, "node.lost", {}), event(4, "assignment.changed", { state: "ready" }),
    event(5, "assignment.changed", { state: "failed" }), event(6, "migration.finished", { outcome: "done" }), event(7, "migration.finished", { outcome: "rolled-back" }), event(8, "plan.created", {}),
  ]);
  expect(markers).toMatchObject([{ seq: 2, atMs: 2000, label: "cutover", tone: "accent" }, { seq: 3, tone: "bad" }, { seq: 5, label: "stage failed" }, { seq: 7, label: "rolled-back" }]);
});
