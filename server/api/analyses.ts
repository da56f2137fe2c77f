import { z } from "zod";
import { type AnalysisScope, previewAnalysis, startAnalysis } from "../commands/analyze/start-analysis.ts";
import type { Deps } from "../commands/deps.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { AppError } from "../errors.ts";
import { keyOf } from "../policy/analyze/analysis.ts";
import { analysisTable } from "../policy/analyze/analysis-table.ts";
import { paretoOf } from "../policy/analyze/compare-measured.ts";
import { findAnalysis, listAnalyses, type StoredAnalysis } from "../store/analyses.ts";
import { findOperation } from "../store/operations.ts";
import { analysis, analysisPreview, analysisRequest, analysisRow, analysisScope } from "./schemas/analysis-schemas.ts";
import { byId, idempotencyKey, operation } from "./schemas/operation-schemas.ts";
import { procedure, router } from "./trpc.ts";

const tags = ["analyses"];

export const analyses = router({
  preview: procedure
    .meta({ openapi: { method: "POST", path: "/analyses/preview", tags, summary: "How many configurations an analysis has, how long it takes, and which running deployments it may slow down; does nothing" } })
    .input(z.object({ ...analysisScope, request: analysisRequest }))
    .output(analysisPreview)
    .mutation(({ ctx, input: { request, ...scope } }) => previewAnalysis(ctx.deps, scopeOf(scope), request)),
  start: procedure
    .meta({ openapi: { method: "POST", path: "/analyses", tags, summary: "Measure configurations of a model on rigs of its own and choose the best within constraints; follow or cancel the operation" } })
    .input(z.object({ ...analysisScope, request: analysisRequest, besideRunning: z.boolean().default(false).meta({ description: "Running deployments on the same nodes may be slowed down meanwhile." }), idempotencyKey }))
    .output(z.object({ analysisId: z.string(), operation }))
    .mutation(({ ctx, input: { request, besideRunning, idempotencyKey: key, ...scope } }) => startAnalysis(ctx.deps, { scope: scopeOf(scope), request, besideRunning, actor: ctx.actor, ...(key === undefined ? {} : { idempotencyKey: key }) })),
  list: procedure
    .meta({ openapi: { method: "GET", path: "/analyses", tags, summary: "Analyses, newest first" } })
    .input(z.object({ deploymentId: z.string().optional(), modelId: z.string().optional(), limit: z.number().int().min(1).max(100).default(50) }).default({ limit: 50 }))
    .output(z.array(analysisRow))
    .query(async ({ ctx, input: { deploymentId, modelId, limit } }) => {
      const stored = await listAnalyses(ctx.deps.db, { ...(deploymentId === undefined ? {} : { deploymentId }), ...(modelId === undefined ? {} : { modelId }) }, limit);
      return Promise.all(stored.map(async (one) => ({ ...(await aboutOf(ctx.deps, one)), measured: one.results.length })));
    }),
  get: procedure
    .meta({ openapi: { method: "GET", path: "/analyses/{id}", tags, summary: "One analysis with every configuration measured so far, the Pareto front and what was chosen" } })
    .input(byId)
    .output(analysis)
    .query(async ({ ctx, input }) => {
      const stored = await findOrThrow(findAnalysis(ctx.deps.db, input.id), "analysis", input.id);
      return { ...(await aboutOf(ctx.deps, stored)), variants: stored.variants, results: stored.results, paretoKeys: paretoOf(stored.results).map((one) => keyOf(one.configuration)) };
    }),
  table: procedure
    .meta({ openapi: { method: "GET", path: "/analyses/{id}/table", tags, summary: "Its measurements as comma-separated values, one row a configuration" } })
    .input(byId)
    .output(z.object({ name: z.string(), text: z.string() }))
    .query(async ({ ctx, input }) => {
      const { variants, results, outcome } = await findOrThrow(findAnalysis(ctx.deps.db, input.id), "analysis", input.id);
      return { name: `analysis-${input.id}.csv`, text: analysisTable(variants, results, outcome) };
    }),
});

function scopeOf({ deploymentId, modelId, topologyId }: { deploymentId?: string | undefined; modelId?: string | undefined; topologyId?: string | undefined }): AnalysisScope {
  if (deploymentId !== undefined && modelId === undefined && topologyId === undefined) return { deploymentId };
  if (deploymentId === undefined && modelId !== undefined && topologyId !== undefined) return { modelId, topologyId };
  throw new AppError("bad-request", "An analysis is for a deployment, or for a model on a topology.", { place: "deploymentId", fix: "Give deploymentId alone, or modelId and topologyId." });
}

/** Its operation tells how it goes: a console that stopped meanwhile has ended it as failed. */
async function aboutOf(deps: Deps, { id, deploymentId, modelId, topologyId, operationId, request, outcome, startedAt, finishedAt, createdBy }: StoredAnalysis) {
  const found = await findOperation(deps.db, operationId);
  return { id, deploymentId, modelId, topologyId, operationId, status: found?.status ?? ("failed" as const), error: found?.error?.message ?? null, startedAt: startedAt.toISOString(), finishedAt: finishedAt?.toISOString() ?? found?.finishedAt ?? null, createdBy, request, outcome };
}
