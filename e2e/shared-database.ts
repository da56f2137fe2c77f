// Owns a database that several consoles can share, on the PostgreSQL that a console of the cluster brought along. As a user would: with what lies in its folder.
import { readFileSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import type { Cluster } from "./cluster.ts";

/** A fresh one. @returns its address */
export async function makeSharedDatabase(keeper: Cluster, name: string): Promise<string> {
  const folder = path.join(keeper.folder, "console", "postgres");
  const port = readFileSync(path.join(folder, "data", "postmaster.pid"), "utf8").split("\n")[3];
  const url = (database: string) => `postgresql://cutplane:${readFileSync(path.join(folder, "password"), "utf8").trim()}@127.0.0.1:${port}/${database}`;
  const client = new pg.Client({ connectionString: url("postgres") });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name}`);
  } finally {
    await client.end();
  }
  return url(name);
}
