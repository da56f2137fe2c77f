import { beforeAll, beforeEach, expect, test } from "vitest";
import type { KeyCount } from "../../agents/protocol/own-key.ts";
import { type ScriptedFleet, startScriptedFleet } from "../control/testdata/scripted-fleet.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { createCredential } from "./create-credential.ts";
import { flushKeyCounts } from "./flush-key-counts.ts";
import { recordReport } from "./record-report.ts";
import { setKey } from "./set-key.ts";

const database = withTestDatabase();
let fleet: ScriptedFleet;
let deploymentId: string;
let keyId = "";
let names = 0;
const DAY = "2026-11-27";
beforeAll(async () => {
  fleet = await startScriptedFleet(database.db);
  deploymentId = await fleet.deploy();
});
beforeEach(async () => {
  fleet.clock.nowMs = Date.parse(`${DAY}T10:00:00Z`);
  ({ credential: { id: keyId } } = await createCredential(fleet.deps, { name: `key ${++names}`, kind: "inference", deploymentId, quota: { perDay: 100, perMonth: null }, actor: "test" }));
  await fleet.run(1);
});

const count = (requests: number, more: Partial<KeyCount> = {}): KeyCount => ({ keyId, lifeId: "life_1", day: DAY, requests, ...more });
const entry = () => [...liveFleet(database.db).desired.values()].find(({ document }) => document.ingress.length > 0)!.document.nodeId;
const tell = async (counts: KeyCount[], nodeId = entry()) => {
  recordReport(fleet.deps, { nodeId, name: nodeId, report: { seq: 1, at: new Date(fleet.clock.nowMs).toISOString(), bootId: "boot", cursor: 0, keyCounts: counts } });
  await flushKeyCounts(fleet.deps);
};
const total = async () => Number((await database.db.keyUsage.aggregate({ where: { credentialId: keyId }, _sum: { requests: true } }))._sum.requests ?? 0);
const quotaTold = () => Object.values([...liveFleet(database.db).desired.values()].flatMap(({ document }) => document.ingress)[0]!.ownKeys!).find((own) => own.keyId === keyId)!.quotas![0]!;
const exhausted = () => database.db.event.findMany({ where: { name: "credential.exhausted", subjectId: keyId }, orderBy: { seq: "asc" } });

test("told again is counted once; a new process of the ingress counts on top; what is of another node, key or day is not taken", async () => {
  await tell([count(5)]);
  await tell([count(5)]);
  await tell([count(8)]);
  await tell([count(7)]);
  expect(await total()).toBe(8);
  await tell([count(2, { lifeId: "life_2" })]);
  await tell([count(3, { lifeId: "life_2" })]);
  expect(await total()).toBe(11);
  await tell([count(9)], "nod_c");
  await tell([count(9, { keyId: "crd_none" }), count(9, { day: "2026-11-20" }), count(9, { day: "2027-11-27" })]);
  expect(await total()).toBe(11);
});

test("totals outlive the console; the remainder goes out with the desired state, and exhaustion is told once until the next day", async () => {
  await tell([count(60)]);
  fleet.restart();
  await fleet.run(3);
  expect(quotaTold()).toMatchObject({ per: "day", requests: 100, period: DAY, lifeId: "life_1", upTo: 100, first: 100 });
  await tell([count(100)]);
  await tell([count(101)]);
  await fleet.run(1);
  expect(quotaTold().share).toBe(0);
  expect((await exhausted()).map(({ message }) => message)).toEqual([`The ingress key “key ${names}” has used its 100 requests of the day; more are refused until 2026-11-28T00:00:00.000Z.`]);
  fleet.clock.nowMs = Date.parse("2026-11-28T00:00:01Z");
  await fleet.run(1);
  expect(quotaTold()).toMatchObject({ period: "2026-11-28", share: 100, upTo: 100 });
  await tell([count(101), count(100, { day: "2026-11-28" })]);
  expect(await exhausted()).toHaveLength(2);
});

test("a quota is changed while it serves, and one that is more a day than a month is refused", async () => {
  await tell([count(60)]);
  const set = (perDay: number | null, perMonth: number | null) => setKey(fleet.deps, { deploymentId, keyId, change: { quota: { perDay, perMonth } }, actor: "test" });
  await expect(set(10, 5)).rejects.toMatchObject({ code: "bad-request", place: "quota.perDay" });
  await set(60, null);
  await fleet.run(1);
  expect(quotaTold()).toMatchObject({ requests: 60, share: 0 });
  await set(null, 200);
  await fleet.run(1);
  expect(quotaTold()).toMatchObject({ per: "month", upTo: 200 });
  expect((await set(null, null)).quota).toBeNull();
});
