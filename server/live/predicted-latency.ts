// Owns what the plan of a revision predicted. Plans never change, so each is read once.
import type { Estimate, Plan } from "../planner/plan.ts";
import type { Db } from "../store/db.ts";
import { fromJson } from "../store/json.ts";

const MAX_CACHED = 256;
type PredictedLatency = Pick<Estimate, "latencyMs" | "kind">;
const caches = new WeakMap<Db, Map<string, PredictedLatency>>();

/** Milliseconds; null without a revision. */
export const predictedLatencyMs = async (db: Db, revisionId: string | null): Promise<number | null> => (await predictedLatency(db, revisionId))?.latencyMs ?? null;

/** With what it was predicted from; null without a revision. */
export async function predictedLatency(db: Db, revisionId: string | null): Promise<PredictedLatency | null> {
  if (revisionId === null) return null;
  const cache = caches.get(db) ?? new Map<string, PredictedLatency>();
  caches.set(db, cache);
  const known = cache.get(revisionId);
  if (known !== undefined) return known;
  const row = await db.revision.findUnique({ where: { id: revisionId }, select: { plan: { select: { document: true } } } });
  if (!row) return null;
  const { estimate, replicas = [] } = fromJson<Plan>(row.plan.document);
  // Requests fall to replicas by their rates.
  const all = [estimate, ...replicas.map((replica) => replica.estimate)];
  const latencyMs = replicas.length === 0 ? estimate.latencyMs : all.reduce((sum, one) => sum + one.latencyMs * one.throughputPerSecond, 0) / all.reduce((sum, one) => sum + one.throughputPerSecond, 0);
  const predicted = { latencyMs, kind: estimate.kind };
  if (cache.size >= MAX_CACHED) cache.clear();
  cache.set(revisionId, predicted);
  return predicted;
}
