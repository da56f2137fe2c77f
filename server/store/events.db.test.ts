// The database filters events by the same rules as a browser does: each filter lets exactly its own through.
import { expect, test } from "vitest";
import { withTestDatabase } from "../database/test-database.ts";
import { type EventName, SEVERITY_RULES, type StoredEvent } from "../events/catalogue.ts";
import { type EventQuery, insertEvent, listEvents } from "./events.ts";

const database = withTestDatabase();
const TOLD: [EventName, string, string, object][] = [
  ["node.lost", "nod_a", "cam is lost: 100 % silent.", { nodeId: "nod_a" }], ["node.online", "nod_a", "cam is online.", {}], ["node.late", "nod_b", "gateway is late.", {}],
  ["node.notice", "nod_a", "cam: little room.", { level: "warn" }], ["node.notice", "nod_a", "cam: broke.", { level: "error" }], ["node.notice", "nod_a", "cam: fine.", { level: "info" }],
  ["assignment.changed", "nod_a", "cam: segment seg_1 is failed.", { deploymentId: "dep_1", state: "failed" }], ["assignment.changed", "nod_a", "cam: segment seg_1 is ready.", { deploymentId: "dep_1", state: "ready" }],
  ["migration.finished", "dep_1", "It was rolled back.", { deploymentId: "dep_1", outcome: "rolled-back" }], ["migration.finished", "dep_1", "It was cancelled.", { deploymentId: "dep_1", outcome: "cancelled" }],
  ["migration.finished", "dep_1", "It moved.", { deploymentId: "dep_1", outcome: "done" }], ["plan.checked", "pln_1", "Different.", { status: "different" }], ["model.refused", "", "Not a model: x_y.", { code: "magic" }],
  ["operation.changed", "op_1", "It failed.", { status: "failed" }], ["deployment.created", "dep_1", "Created.", { deploymentId: "dep_1" }],
];
type Filter = Omit<EventQuery, "limit" | "afterSeq" | "beforeSeq">;
const FILTERS: Filter[] = [
  {}, { severity: "warn" }, { severity: "error" }, { kind: "node" }, { kind: "migration", severity: "error" }, { subjectId: "dep_1" }, { subjectId: "dep_1", severity: "error" }, { subjectId: "nod_a", kind: "assignment" },
  { text: "CAM" }, { text: "100 %" }, { text: "%" }, { text: "x_y" }, { text: "xzy" }, { text: "\\" }, { text: "dep_1" }, { kind: "credential" },
];

function isLetThrough({ name, subjectId, actor, message, payload }: StoredEvent, wanted: Filter): boolean {
  const said = payload as Record<string, unknown>;
  const severities = SEVERITY_RULES.filter((rule) => rule.name === name && (rule.field === undefined || rule.values?.includes(String(said[rule.field])))).map((rule) => rule.severity);
  return (
    (wanted.kind === undefined || name.split(".")[0] === wanted.kind) &&
    (wanted.severity === undefined || severities.some((one) => one === "error" || one === wanted.severity)) &&
    (wanted.subjectId === undefined || subjectId === wanted.subjectId || said.deploymentId === wanted.subjectId) &&
    (wanted.text === undefined || `${name}\n${subjectId}\n${actor}\n${message}`.toLowerCase().includes(wanted.text.toLowerCase()))
  );
}

test.each(FILTERS)("%j", async (wanted) => {
  if ((await database.db.event.count()) === 0) {
    for (const [name, subjectId, message, payload] of TOLD) await database.db.$transaction((tx) => insertEvent(tx, { name, subjectId, actor: "test", message, payload: payload as never }, new Date()));
  }
  const all = await listEvents(database.db, { limit: 1000 });
  const expected = all.filter((event) => isLetThrough(event, wanted));
  expect(all.length).toBe(TOLD.length);
  expect(await listEvents(database.db, { ...wanted, limit: 1000 })).toEqual(expected);
  // Paging through a filter misses none and repeats none.
  const paged = [];
  for (let beforeSeq: number | undefined; ;) {
    const page = await listEvents(database.db, { ...wanted, ...(beforeSeq === undefined ? {} : { beforeSeq }), limit: 2 });
    if (page.length === 0) break;
    paged.unshift(...page);
    beforeSeq = page[0]?.seq;
  }
  expect(paged).toEqual(expected);
});
