// For *.db.test.ts: a fresh database with every migration applied, made by copying a template, so that each file may do to it what it likes.
import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, inject } from "vitest";
import { type Db, openDb } from "../store/db.ts";
import { TEMPLATE_DATABASE } from "./test-server.ts";

export type TestDatabase = {
  db: Db;
  /** For code that opens its own connection. */
  url: string;
  /** Removes every row of every table. */
  clear(): Promise<void>;
  stop(): Promise<void>;
};

export async function startTestDatabase(): Promise<TestDatabase> {
  const serverUrl = inject("postgresUrl");
  const name = `test_${randomBytes(8).toString("hex")}`;
  await onServer(serverUrl, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE_DATABASE}`);
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  const db = openDb(url);
  return {
    db,
    url,
    async clear() {
      const tables = await db.$queryRaw<{ tablename: string }[]>`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`;
      await db.$executeRawUnsafe(`TRUNCATE ${tables.map((table) => `"${table.tablename}"`).join(", ")} CASCADE`);
    },
    async stop() {
      await db.$disconnect();
      await onServer(serverUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

/** At the top of a test file: `const database = withTestDatabase();`, then `database.db` inside the tests. */
export function withTestDatabase(): TestDatabase {
  const holder = {} as TestDatabase;
  beforeAll(async () => {
    Object.assign(holder, await startTestDatabase());
  });
  afterAll(() => holder.stop?.());
  return holder;
}

/** Copying a template fails while another copy of it runs: one at a time, by a lock of the maintenance database. */
async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock(1)");
    await client.query(sql);
  } finally {
    await client.end();
  }
}
