// One console at a time makes ready what all of them share: keys, tables' first rows, left-over files.
import pg from "pg";

/** Any constant that is no other lock's. */
const START_LOCK_KEY = 1_414_213_562;
/** Clearing a large folder takes a while; a console that hangs in it must not keep the others out for ever. */
const WAIT_MS = 60_000;

/** @throws Error with a plain sentence when another start takes too long */
export async function withStartLock<T>(databaseUrl: string, work: () => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000, application_name: "cutplane-start" });
  client.on("error", () => {});
  await client.connect();
  try {
    await client.query(`SET lock_timeout = ${WAIT_MS}`);
    await client.query("SELECT pg_advisory_lock($1::bigint)", [START_LOCK_KEY]).catch((error: Error & { code?: string }) => {
      throw error.code === "55P03" ? new Error(`Another console on this database has been starting for ${WAIT_MS / 1000} s. Start this one again when it is done.`, { cause: error }) : error;
    });
    return await work();
  } finally {
    await client.end().catch(() => {});
  }
}
