// Brings the database's tables up to date. Prisma's own command does it; a start with nothing new asks the migrations table and skips it.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import pg from "pg";

const TIMEOUT_MS = 120_000;

/** `root` is the repository's folder. "current" = nothing to do. Throws with Prisma's own words when a migration fails. */
export async function migrate(root: string, databaseUrl: string): Promise<"current" | "applied"> {
  if (await isCurrent(root, databaseUrl)) return "current";
  const prisma = createRequire(path.join(root, "package.json")).resolve("prisma/build/index.js");
  const env = { ...process.env, DATABASE_URL: databaseUrl, CHECKPOINT_DISABLE: "1", PRISMA_HIDE_UPDATE_MESSAGE: "1", NO_COLOR: "1" };
  const child = spawn(process.execPath, [prisma, "migrate", "deploy"], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"], timeout: TIMEOUT_MS });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output = `${output}${chunk}`.slice(-16_384);
    });
  const code = await new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  if (code !== 0) throw new Error(`The database could not be brought up to date: ${output.trim().split("\n").slice(-8).join("\n")}`);
  return "applied";
}

/** In the order they apply. */
export function migrationFiles(root: string): { name: string; sql: string; checksum: string }[] {
  const folder = path.join(root, "prisma/migrations");
  const names = readdirSync(folder).filter((name) => existsSync(path.join(folder, name, "migration.sql")));
  return names.sort().map((name) => {
    const sql = readFileSync(path.join(folder, name, "migration.sql"), "utf8");
    return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
  });
}

async function isCurrent(root: string, databaseUrl: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
  client.on("error", () => {});
  await client.connect();
  try {
    const { rows } = await client.query("SELECT to_regclass('_prisma_migrations') AS found");
    if (!rows[0]?.found) return false;
    const applied = await client.query("SELECT migration_name, checksum FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL");
    const known = new Map(applied.rows.map((row) => [row.migration_name, row.checksum]));
    return migrationFiles(root).every((file) => known.get(file.name) === file.checksum);
  } finally {
    await client.end();
  }
}
