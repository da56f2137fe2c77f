// Owns rows of analyses: what was asked, what has been measured so far, what was chosen.
import type { Analysis as AnalysisRow } from "../../prisma/generated/client.ts";
import type { AnalysisOutcome, AnalysisRequest, Measured, Variant } from "../policy/analyze/analysis.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson, toJson } from "./json.ts";

/** Kept of one model; the oldest go. */
const MAX_KEPT = 100;

export type StoredAnalysis = {
  id: string; deploymentId: string | null; modelId: string; topologyId: string; operationId: string;
  request: AnalysisRequest; variants: Variant[]; results: Measured[];
  /** Null = it runs, or did not come to its end. */
  outcome: AnalysisOutcome | null;
  startedAt: Date; finishedAt: Date | null; createdBy: string;
};

export async function insertAnalysis(tx: Tx, analysis: Pick<StoredAnalysis, "id" | "deploymentId" | "modelId" | "topologyId" | "operationId" | "request" | "startedAt" | "createdBy">): Promise<void> {
  await tx.analysis.create({ data: { ...analysis, request: toJson(analysis.request) } });
  const old = await tx.analysis.findMany({ where: { modelId: analysis.modelId }, orderBy: { startedAt: "desc" }, skip: MAX_KEPT, select: { id: true } });
  if (old.length > 0) await tx.analysis.deleteMany({ where: { id: { in: old.map(({ id }) => id) } } });
}

export async function updateAnalysis(db: Db | Tx, id: string, change: Partial<Pick<StoredAnalysis, "variants" | "results" | "outcome" | "finishedAt">>): Promise<void> {
  const { variants, results, outcome, finishedAt } = change;
  await db.analysis.updateMany({ where: { id }, data: { ...(variants ? { variants: toJson(variants) } : {}), ...(results ? { results: toJson(results) } : {}), ...(outcome ? { outcome: toJson(outcome) } : {}), ...(finishedAt ? { finishedAt } : {}) } });
}

export async function findAnalysis(db: Db | Tx, id: string): Promise<StoredAnalysis | null> {
  const row = await db.analysis.findUnique({ where: { id } });
  return row && toAnalysis(row);
}

export async function findAnalysisOfOperation(db: Db | Tx, operationId: string): Promise<StoredAnalysis | null> {
  const row = await db.analysis.findUnique({ where: { operationId } });
  return row && toAnalysis(row);
}

/** Newest first. */
export async function listAnalyses(db: Db | Tx, where: { deploymentId?: string; modelId?: string }, limit: number): Promise<StoredAnalysis[]> {
  return (await db.analysis.findMany({ where, orderBy: { startedAt: "desc" }, take: limit })).map(toAnalysis);
}

const toAnalysis = (row: AnalysisRow): StoredAnalysis => ({
  ...row, request: fromJson<AnalysisRequest>(row.request), variants: fromJson<Variant[]>(row.variants), results: fromJson<Measured[]>(row.results), outcome: row.outcome === null ? null : fromJson<AnalysisOutcome>(row.outcome),
});
