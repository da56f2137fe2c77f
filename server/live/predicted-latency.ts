// Owns what the plan of a revision predicted. Plans never change, so each is read once.
import type { Plan } from "../planner/plan.ts";
import type { Db } from "../store/db.ts";
import { fromJson } from "../store/json.ts";

const MAX_CACHED = 256;
const caches = new WeakMap<Db, Map<string, number>>();

/** Milliseconds; null without a revision. */
export async function predictedLatencyMs(db: Db, revisionId: string | null): Promise<number | null> {
  if (revisionId === null) return null;
  const cache = caches.get(db) ?? new Map<string, number>();
  caches.set(db, cache);
  const known = cache.get(revisionId);
  if (known !== undefined) return known;
  const row = await db.revision.findUnique({ where: { id: revisionId }, select: { plan: { select: { document: true } } } });
  if (!row) return null;
  const { latencyMs } = fromJson<Plan>(row.plan.document).estimate;
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(revisionId, latencyMs);
  return latencyMs;
}
