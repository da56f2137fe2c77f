// Owns rows of the consoles that share a database, and of who leads them. Every time is the database's: clocks of machines may disagree or jump.
import type { Db, Tx } from "./db.ts";

/** `silentMs` since its last sign of life, by the database's clock. */
export type StoredConsole = { id: string; hostname: string; pid: number; url: string; agentHost: string; agentPort: number; sharedFolder: string; silentMs: number };
export type StoredLeadership = { term: number; consoleId: string };
/** What runs a statement: a transaction, or a connection of its own. */
export type Run = <T>(sql: string, values: unknown[]) => Promise<T[]>;

const ONLY_ROW = 1;
/** A row nobody renews goes after this; until then it tells where the files of a console that crashed lay. */
const FORGET_AFTER_SECONDS = 24 * 3600;

export type NewConsole = Omit<StoredConsole, "silentMs">;
/** A sign of life. Written whole, so that a row somebody cleared away comes back. */
export async function saveConsole(run: Run, { id, hostname, pid, url, agentHost, agentPort, sharedFolder }: NewConsole): Promise<void> {
  await run(
    `INSERT INTO "Console" (id, hostname, pid, url, "agentHost", "agentPort", "sharedFolder", "startedAt", "seenAt") VALUES ($1, $2, $3, $4, $5, $6, $7, now(), now())
     ON CONFLICT (id) DO UPDATE SET "seenAt" = now(), url = excluded.url, "agentHost" = excluded."agentHost", "agentPort" = excluded."agentPort"`,
    [id, hostname, pid, url, agentHost, agentPort, sharedFolder],
  );
}

export async function deleteConsole(run: Run, id: string): Promise<void> {
  await run(`DELETE FROM "Console" WHERE id = $1 OR "seenAt" < now() - make_interval(secs => ${FORGET_AFTER_SECONDS})`, [id]);
}

/** The longest silent last. */
export async function listConsoles(run: Run): Promise<StoredConsole[]> {
  return run(`SELECT id, hostname, pid, url, "agentHost", "agentPort", "sharedFolder", (extract(epoch FROM now() - "seenAt") * 1000)::float8 AS "silentMs" FROM "Console" ORDER BY "seenAt" DESC, id`, []);
}

export async function findLeadership(run: Run): Promise<StoredLeadership | null> {
  return (await run<StoredLeadership>(`SELECT term, "consoleId" FROM "Leadership" WHERE id = ${ONLY_ROW}`, []))[0] ?? null;
}

/** A new term, higher than every one before. */
export async function beginTerm(run: Run, consoleId: string): Promise<number> {
  const rows = await run<{ term: number }>(
    `INSERT INTO "Leadership" (id, term, "consoleId", since) VALUES (${ONLY_ROW}, 1, $1, now())
     ON CONFLICT (id) DO UPDATE SET term = "Leadership".term + 1, "consoleId" = excluded."consoleId", since = now() RETURNING term`,
    [consoleId],
  );
  return rows[0]?.term ?? 0;
}

/** The term that rules now. Nobody begins another one before the caller's transaction ends: what it writes is written by who leads. */
export async function holdTerm(tx: Tx): Promise<number | null> {
  const rows = await tx.$queryRaw<{ term: number }[]>`SELECT term FROM "Leadership" WHERE id = ${ONLY_ROW} FOR SHARE`;
  return rows[0]?.term ?? null;
}

/** For who reads it in an answer: the same as `listConsoles` by the store's own connection. */
export function runOn(db: Db | Tx): Run {
  return (sql, values) => db.$queryRawUnsafe(sql, ...values);
}
