import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, inject, test } from "vitest";
import { migrate } from "./migrate.ts";
import { withTestDatabase } from "./test-database.ts";

const root = path.resolve(import.meta.dirname, "../..");
const database = withTestDatabase();

test("the migrations make exactly the tables of the schema", () => {
  const args = ["node_modules/prisma/build/index.js", "migrate", "diff", "--from-config-datasource", "--to-schema", "prisma/schema.prisma", "--script"];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", env: { ...process.env, DATABASE_URL: database.url, CHECKPOINT_DISABLE: "1" } });
  expect(stdout).toContain("-- This is an empty migration.");
});

test("Prisma's own command applies them to an empty database, and a second start has nothing to do", async () => {
  const name = `deploy_${process.pid}`;
  await database.db.$executeRawUnsafe(`CREATE DATABASE ${name}`);
  const url = Object.assign(new URL(inject("postgresUrl")), { pathname: `/${name}` }).href;
  try {
    expect(await migrate(root, url)).toBe("applied");
    expect(await migrate(root, url)).toBe("current");
  } finally {
    await database.db.$executeRawUnsafe(`DROP DATABASE ${name} WITH (FORCE)`);
  }
});
