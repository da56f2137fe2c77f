import { expect, test } from "vitest";
import { startTestDatabase, withTestDatabase } from "./test-database.ts";

const database = withTestDatabase();

test("every file gets a database of its own, with all tables", async () => {
  await database.db.setting.create({ data: { key: "here", value: 1 } });
  const other = await startTestDatabase();
  expect(await other.db.setting.count()).toBe(0);
  await other.stop();
  expect(await database.db.setting.count()).toBe(1);
});

test("clear removes every row", async () => {
  await database.db.setting.upsert({ where: { key: "here" }, create: { key: "here", value: 1 }, update: {} });
  await database.clear();
  expect(await database.db.setting.count()).toBe(0);
});
