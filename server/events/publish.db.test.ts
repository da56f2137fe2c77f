import { expect, test } from "vitest";
import { systemClock } from "../clock.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { eventHeadSeq, listEvents } from "../store/events.ts";
import type { StoredEvent } from "./catalogue.ts";
import { createPublisher, type NewEvent } from "./publish.ts";

const database = withTestDatabase();
const event = (subjectId: string): NewEvent<"topology.deleted"> => ({ name: "topology.deleted", subjectId, actor: "test", message: "It was deleted.", payload: { topologyId: subjectId } });

test("many writers at once: no gap, no double, and listeners hear every event in order", async () => {
  const publisher = createPublisher(database.db, systemClock);
  const heard: StoredEvent[] = [];
  publisher.listen((one) => heard.push(one));
  await Promise.all(Array.from({ length: 25 }, (_, index) => publisher.transact(async (_tx, append) => {
    await append(event(`a${index}`));
    if (index % 5 === 0) throw new Error("rolled back");
    await append(event(`b${index}`));
  }).catch(() => {})));
  const stored = await listEvents(database.db, { afterSeq: 0, limit: 1000 });
  expect(stored.map((one) => one.seq)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  await expect.poll(() => heard.length).toBe(40);
  expect(heard).toEqual(stored);
});

test("an event appended in somebody's own transaction is heard with the next commit, in its place", async () => {
  const publisher = createPublisher(database.db, systemClock);
  const heard: string[] = [];
  publisher.listen((one) => heard.push(one.subjectId));
  const silent = await database.db.$transaction((tx) => publisher.append(tx, event("silent")));
  await publisher.transact((_tx, append) => append(event("loud")));
  await expect.poll(() => heard).toEqual(["silent", "loud"]);
  publisher.committed(silent);
  expect(await eventHeadSeq(database.db)).toBe(silent.seq + 1);
});

test("a listener that throws breaks neither the writer nor the others", async () => {
  const publisher = createPublisher(database.db, systemClock);
  const heard: string[] = [];
  publisher.listen(() => {
    throw new Error("broken");
  });
  const stop = publisher.listen((one) => heard.push(one.subjectId));
  await publisher.transact((_tx, append) => append(event("one")));
  await expect.poll(() => heard).toEqual(["one"]);
  stop();
  await publisher.transact((_tx, append) => append(event("two")));
  expect(heard).toEqual(["one"]);
});

test("two transactions that take a row's lock and the log's lock in opposite order both end well", async () => {
  const publisher = createPublisher(database.db, systemClock);
  await database.db.setting.create({ data: { key: "row", value: 0 } });
  const bump = (tx: Parameters<Parameters<typeof database.db.$transaction>[0]>[0]) => tx.$executeRaw`UPDATE "Setting" SET value = to_jsonb((value #>> '{}')::int + 1) WHERE key = 'row'`;
  await Promise.all([
    publisher.transact(async (tx, append) => {
      await append(event("first"));
      await new Promise((resolve) => setTimeout(resolve, 50));
      await bump(tx);
    }),
    publisher.transact(async (tx, append) => {
      await bump(tx);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await append(event("second"));
    }),
  ]);
  expect((await database.db.setting.findUniqueOrThrow({ where: { key: "row" } })).value).toBe(2);
});
