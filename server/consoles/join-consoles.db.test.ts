import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { createPublisher, fencedPublisher } from "../events/publish.ts";
import type { PeerMessage } from "../live/peer-message.ts";
import { LOOK_INTERVAL_MS } from "../policy/leadership.ts";
import { beginTerm, runOn } from "../store/consoles.ts";
import type { Tx } from "../store/db.ts";
import { eventHeadSeq } from "../store/events.ts";
import { applicationName, type Consoles, joinConsoles, TermOver } from "./join-consoles.ts";

const database = withTestDatabase();
const joined: Consoles[] = [];
afterEach(async () => {
  for (const one of joined.splice(0)) await one.stop();
});

type Fence = (tx: Tx) => Promise<void>;
async function join(id: string) {
  const seen = { fences: [] as Fence[], follows: 0, messages: [] as [string, PeerMessage][], gone: [] as string[] };
  const consoles = await joinConsoles({
    databaseUrl: database.url,
    me: { id, hostname: "h", pid: 1, url: `http://${id}`, agentHost: id, agentPort: 1, sharedFolder: "/" },
    log: pino({ level: "silent" }),
    onLead: ({ fence }) => seen.fences.push(fence),
    onFollow: () => seen.follows++,
    onMessage: (from, message) => seen.messages.push([from, message]),
    onOthers: (_now, gone) => seen.gone.push(...gone),
  });
  joined.push(consoles);
  return { ...seen, seen, consoles };
}
const soon = { timeout: 20_000, interval: LOOK_INTERVAL_MS / 10 };
const endSessions = (id: string) => database.db.$queryRaw`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE ${`${applicationName(id)}%`}`;

test("one of several leads; when it is stopped another one does, and hears that it is gone", async () => {
  const a = await join("con_a");
  const b = await join("con_b");
  expect([a.seen.fences.length, b.seen.fences.length]).toEqual([1, 0]);
  await expect.poll(() => a.consoles.peers.others().map((one) => one.id), soon).toEqual(["con_b"]);
  await a.consoles.stop();
  await expect.poll(() => b.seen.fences.length, soon).toBe(1);
  await expect.poll(() => b.seen.gone, soon).toContain("con_a");
  expect(b.consoles.peers.leaderId()).toBe("con_b");
});

test("who lost its connection to the database loses the lead with it: what its loops write then is rolled back", async () => {
  const a = await join("con_a");
  const b = await join("con_b");
  const fence = a.seen.fences[0] as Fence;
  const publisher = createPublisher(database.db, systemClock);
  const loops = fencedPublisher(publisher, fence);
  const say = (message: string) => loops.transact((_tx, append) => append({ name: "topology.deleted", subjectId: "x", actor: "test", message, payload: { topologyId: "x" } }));
  await say("while it leads");
  const before = await eventHeadSeq(database.db);
  // As a successor does that finds the lease run out; whoever gets the lock then, the term is another one.
  await endSessions("con_a");
  await expect.poll(() => a.seen.follows, soon).toBe(1);
  await expect.poll(() => a.seen.fences.length + b.seen.fences.length, soon).toBe(2);
  await expect(say("from the term before")).rejects.toThrow(TermOver);
  expect(await eventHeadSeq(database.db)).toBe(before);
});

test("a term is not ended under a transaction of it, and one begun after it finds it over", async () => {
  const a = await join("con_a");
  const fence = a.seen.fences[0] as Fence;
  const order: string[] = [];
  let entered = (): void => {};
  const inside = new Promise<void>((resolve) => {
    entered = resolve;
  });
  let leave = (): void => {};
  const mayLeave = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const writing = database.db.$transaction(async (tx) => {
    await fence(tx);
    entered();
    await mayLeave;
    order.push("written");
  });
  await inside;
  const ending = beginTerm(runOn(database.db), "con_b").then(() => order.push("term ended"));
  // It waits for the row: seen by PostgreSQL, not by a clock of ours.
  await expect.poll(async () => (await database.db.$queryRaw<unknown[]>`SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).length, soon).toBeGreaterThan(0);
  leave();
  await Promise.all([writing, ending]);
  expect(order).toEqual(["written", "term ended"]);
  await expect(database.db.$transaction((tx) => fence(tx))).rejects.toThrow(TermOver);
});

test("consoles hear each other, whatever the size of what is said", async () => {
  const a = await join("con_a");
  const b = await join("con_b");
  await expect.poll(() => [a, b].map((one) => one.consoles.peers.others().length), soon).toEqual([1, 1]);
  const long = Array.from({ length: 3_000 }, (_, index) => `${index * 7919}`).join();
  a.consoles.peers.tell({ kind: "wake", reason: long });
  await expect.poll(() => b.seen.messages.some(([from, message]) => from === "con_a" && message.kind === "wake" && message.reason === long), soon).toBe(true);
  const asked = b.consoles.peers.askLogs("nod_x", { after: null, limit: 1 } as never);
  await expect.poll(() => a.seen.messages.some(([, message]) => message.kind === "ask-logs"), soon).toBe(true);
  const ask = a.seen.messages.map(([, message]) => message).find((message) => message.kind === "ask-logs");
  a.consoles.answerLogs(ask?.askId ?? "", Promise.reject(new Error("it is not connected")));
  await expect(asked).rejects.toThrow("it is not connected");
});
