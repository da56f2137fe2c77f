// Starts an analysis: checks what is asked, says who would be disturbed, writes its row and its operation.
import { AppError } from "../../errors.ts";
import { newId } from "../../ids.ts";
import { MAX_VARIANTS, type AnalysisRequest } from "../../policy/analyze/analysis.ts";
import { type AnalysisEstimate, estimateAnalysis } from "../../policy/analyze/estimate-analysis.ts";
import { findAnalysisOfOperation, insertAnalysis } from "../../store/analyses.ts";
import { findDeployment, listDeploymentIds } from "../../store/deployments.ts";
import { findModel } from "../../store/models.ts";
import { findOperationByKey, listOperations, type Operation } from "../../store/operations.ts";
import { findTopology } from "../../store/topologies.ts";
import type { Actor, Deps } from "../deps.ts";
import { findOrThrow } from "../find-or-throw.ts";
import { takeMeasuringTurn } from "../measuring-turn.ts";
import { runOperation } from "../run-operation.ts";
import type { Scope } from "./find-variants.ts";
import { type Beside, listBesides } from "./list-besides.ts";
import { runAnalysis } from "./run-analysis.ts";

/** For a deployment, or for a model on a topology that has none yet. */
export type AnalysisScope = { deploymentId: string } | { modelId: string; topologyId: string };
export type AnalysisInput = { scope: AnalysisScope; request: AnalysisRequest; /** Other deployments run on the topology's nodes, and may be slowed down. */ besideRunning: boolean; actor: Actor; idempotencyKey?: string };
export type AnalysisPreview = AnalysisEstimate & { /** Running ones on nodes of the topology: they would be disturbed, and would disturb. Adaptation may move the automatic ones because of it. */ besides: Omit<Beside, "nodeIds">[] };

const SECONDS_SEEN_OF = 20;

/** @throws AppError not-found, bad-request */
export async function previewAnalysis(deps: Deps, scope: AnalysisScope, request: AnalysisRequest): Promise<AnalysisPreview> {
  const found = await resolveScope(deps, scope);
  checkRequest(request, found);
  return { ...estimateAnalysis(request.plans.length * request.threads.length, request, await rigSeconds(deps, found.modelId)), besides: await besidesOn(deps, found.topologyId) };
}

/** Its result is `{ analysisId }`. @throws AppError not-found, bad-request, conflict (others would be disturbed), too-many */
export async function startAnalysis(deps: Deps, { scope, request, besideRunning, actor, idempotencyKey }: AnalysisInput): Promise<{ analysisId: string; operation: Operation }> {
  const known = idempotencyKey === undefined ? null : await findOperationByKey(deps.db, idempotencyKey);
  const analysis = known && (await findAnalysisOfOperation(deps.db, known.id));
  if (known && analysis) return { analysisId: analysis.id, operation: known };
  const found = await resolveScope(deps, scope);
  checkRequest(request, found);
  const besides = await besidesOn(deps, found.topologyId);
  if (besides.length > 0 && !besideRunning) throw new AppError("conflict", `${besides.map(({ name }) => name).join(", ")} ${besides.length === 1 ? "runs" : "run"} on nodes of this topology and may be slowed down while it is measured.`, { place: "besideRunning", fix: "Say besideRunning: true where that is allowed, or draw other nodes.", details: { besides } });
  const giveBack = takeMeasuringTurn("analysis");
  try {
    const id = newId("anl");
    const operationId = newId("opn");
    await deps.publisher.transact((tx) => insertAnalysis(tx, { id, ...found, operationId, request, startedAt: new Date(deps.clock.now()), createdBy: actor }));
    const { operation, done } = await runOperation(deps, { kind: "analyze", subjectId: found.deploymentId ?? found.modelId, actor, operationId, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) }, (context) => runAnalysis(deps, { id, scope: found, request, actor }, context));
    void done.finally(giveBack);
    return { analysisId: id, operation };
  } catch (error) {
    giveBack();
    throw error;
  }
}

async function resolveScope(deps: Deps, scope: AnalysisScope): Promise<Scope> {
  if ("deploymentId" in scope) {
    const { id, modelId, topologyId } = await findOrThrow(findDeployment(deps.db, scope.deploymentId), "deployment", scope.deploymentId);
    return { deploymentId: id, modelId, topologyId };
  }
  await Promise.all([findOrThrow(findModel(deps.db, scope.modelId), "model", scope.modelId), findOrThrow(findTopology(deps.db, scope.topologyId), "topology", scope.topologyId)]);
  return { ...scope, deploymentId: null };
}

function checkRequest({ plans, threads }: AnalysisRequest, { deploymentId }: Scope): void {
  if (plans.length * threads.length > MAX_VARIANTS) throw new AppError("bad-request", `${plans.length} plans in ${threads.length} modes are more than ${MAX_VARIANTS} rigs.`, { place: "request.plans", fix: "Take fewer plans, or fewer numbers of threads." });
  if (deploymentId === null && plans.some(({ kind }) => kind === "current")) throw new AppError("bad-request", "There is no current plan without a deployment.", { place: "request.plans", fix: "Name a deployment, or choose other plans." });
}

async function besidesOn(deps: Deps, topologyId: string): Promise<AnalysisPreview["besides"]> {
  const { document } = await findOrThrow(findTopology(deps.db, topologyId), "topology", topologyId);
  const drawn = new Set(document.nodes.map(({ nodeId }) => nodeId));
  return (await listBesides(deps)).filter(({ nodeIds }) => nodeIds.some((nodeId) => drawn.has(nodeId))).map(({ nodeIds: _, ...beside }) => beside);
}

/** Median of the last deployments of the model. */
async function rigSeconds(deps: Deps, modelId: string): Promise<number | null> {
  const seconds: number[] = [];
  for (const id of await listDeploymentIds(deps.db, modelId, SECONDS_SEEN_OF)) for (const { createdAt, finishedAt } of await listOperations(deps.db, { subjectId: id, kind: "deploy", status: "succeeded", limit: 1 })) if (finishedAt !== null) seconds.push((Date.parse(finishedAt) - Date.parse(createdAt)) / 1000);
  return seconds.sort((a, b) => a - b)[Math.floor(seconds.length / 2)] ?? null;
}
