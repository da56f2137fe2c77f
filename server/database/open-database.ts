// The console's database, whichever it is: the embedded PostgreSQL or the operator's own, with its tables up to date.
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Logger } from "pino";
import { startEmbeddedPostgres } from "./embedded-postgres.ts";
import { migrate } from "./migrate.ts";

export type OpenDatabase = {
  kind: "embedded" | "external";
  url: string;
  /** "created", "started", "reused" or "external", and whether tables changed. */
  summary: string;
  close(): Promise<void>;
};

/** The operator's own server may be starting beside us. */
const EXTERNAL_WAIT_MS = 15_000;

/** `root` holds prisma/migrations. @throws Error with a plain sentence */
export async function openDatabase(options: { root: string; dataFolder: string; databaseUrl: string | null; log: Logger }): Promise<OpenDatabase> {
  if (options.databaseUrl) {
    await waitForExternal(options.databaseUrl);
    const tables = await migrate(options.root, options.databaseUrl);
    return { kind: "external", url: options.databaseUrl, summary: `external, tables ${tables}`, close: async () => {} };
  }
  const embedded = await startEmbeddedPostgres({ folder: path.join(options.dataFolder, "postgres"), log: options.log });
  try {
    const tables = await migrate(options.root, embedded.url);
    return { kind: "embedded", url: embedded.url, summary: `${embedded.origin}, tables ${tables}`, close: () => embedded.stop() };
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

async function waitForExternal(url: string): Promise<void> {
  const until = performance.now() + EXTERNAL_WAIT_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
    client.on("error", () => {});
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      await client.end().catch(() => {});
      const { code, message } = error as NodeJS.ErrnoException;
      const mayCome = code === "ECONNREFUSED" || code === "57P03" || code === "ENOTFOUND";
      if (!mayCome || performance.now() > until) throw new Error(`DATABASE_URL does not answer (${safeName(url)}): ${message || code}.`, { cause: error });
      await sleep(500);
    }
  }
}

/** Without the password. */
function safeName(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || 5432}${pathname}`;
}
