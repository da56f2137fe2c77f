// Vitest's global set-up for *.db.test.ts: one embedded PostgreSQL for the run, with a template database that has all migrations.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { pino } from "pino";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres } from "./embedded-postgres.ts";
import { migrationFiles } from "./migrate.ts";

export const TEMPLATE_DATABASE = "template_cutplane";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the run's PostgreSQL, of its maintenance database. */
    postgresUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-test-postgres-"));
  const server = await startEmbeddedPostgres({ folder, log: pino({ level: "silent" }), durable: false });
  const stop = async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await makeTemplate(server.url);
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide("postgresUrl", server.url);
  return stop;
}

/** The migrations' own SQL, in order: the same as Prisma's command does, without its two seconds. */
async function makeTemplate(url: string): Promise<void> {
  const maintenance = new pg.Client({ connectionString: url });
  await maintenance.connect();
  await maintenance.query(`CREATE DATABASE ${TEMPLATE_DATABASE}`);
  await maintenance.end();
  const template = new pg.Client({ connectionString: Object.assign(new URL(url), { pathname: `/${TEMPLATE_DATABASE}` }).href });
  await template.connect();
  for (const file of migrationFiles(path.resolve(import.meta.dirname, "../.."))) await template.query(file.sql);
  await template.end();
}
