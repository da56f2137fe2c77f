// Owns rows of metric windows: 10 s each, written in batches, kept for a bounded time.
import type { Db, Tx } from "./db.ts";
import { fromJson } from "./json.ts";

export type MetricScope = "node" | "link" | "deployment";
export type MetricWindow = { scope: MetricScope; scopeId: string; at: Date; values: unknown };

/** Charts reach back this far; longer histories belong to a metrics store of the operator's. */
export const METRIC_RETENTION_MS = 48 * 3_600_000;

/** One statement; the same window again is replaced. */
export async function saveMetricWindows(db: Db | Tx, windows: MetricWindow[]): Promise<void> {
  if (windows.length === 0) return;
  await db.$executeRaw`
    INSERT INTO "MetricWindow" (scope, "scopeId", at, "values")
    SELECT * FROM jsonb_to_recordset(${JSON.stringify(windows)}::jsonb) AS w(scope text, "scopeId" text, at timestamp(3), "values" jsonb)
    ON CONFLICT (scope, "scopeId", at) DO UPDATE SET "values" = excluded."values"`;
}

/** Oldest first. */
export async function listMetricWindows<T>(db: Db | Tx, scope: MetricScope, scopeId: string, since: Date, until?: Date): Promise<{ at: Date; values: T }[]> {
  const rows = await db.metricWindow.findMany({ where: { scope, scopeId, at: { gte: since, ...(until ? { lte: until } : {}) } }, orderBy: { at: "asc" }, select: { at: true, values: true }, take: 20_000 });
  return rows.map((row) => ({ at: row.at, values: fromJson<T>(row.values) }));
}

/** Those of one window's start. */
export async function findMetricWindows<T>(db: Db | Tx, scope: MetricScope, scopeIds: readonly string[], at: Date): Promise<Map<string, T>> {
  const rows = await db.metricWindow.findMany({ where: { scope, scopeId: { in: [...scopeIds] }, at }, select: { scopeId: true, values: true } });
  return new Map(rows.map((row) => [row.scopeId, fromJson<T>(row.values)]));
}

/** At most `limit` a call, so that clearing out a backlog never holds the table. Returns how many went. */
export async function deleteOldMetricWindows(db: Db | Tx, before: Date, limit: number): Promise<number> {
  return db.$executeRaw`DELETE FROM "MetricWindow" WHERE ctid IN (SELECT ctid FROM "MetricWindow" WHERE at < ${before} LIMIT ${limit})`;
}
