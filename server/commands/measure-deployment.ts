// Owns a load run of a deployment: the load generator in a process of its own sends to the ingress as any client would; what it reports is kept.
import { rm } from "node:fs/promises";
import { AppError } from "../errors.ts";
import { newId } from "../ids.ts";
import { loadOptions, type LoadRequest, loadRequestProblem } from "../loadgen/method/load-request.ts";
import type { LoadReport } from "../loadgen/method/load-report.ts";
import { startLoadgen } from "../loadgen/start-loadgen.ts";
import { findDeployment, findRevisions } from "../store/deployments.ts";
import { insertLoadRun } from "../store/load-runs.ts";
import { findOperationByKey, type Operation } from "../store/operations.ts";
import { revokeCredential } from "./create-credential.ts";
import type { Actor, Deps } from "./deps.ts";
import { findIngress, type IngressTarget } from "./find-ingress.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { takeMeasuringTurn } from "./measuring-turn.ts";
import { openIngress } from "./open-ingress.ts";
import { loadRunFolder } from "./read-load-log.ts";
import { type OperationContext, runOperation } from "./run-operation.ts";
import { sampleShapes } from "./sample-shapes.ts";

export type MeasureInput = { deploymentId: string; request: LoadRequest; actor: Actor; idempotencyKey?: string };

/** Its result is `{ runId }`. A cancelled run is kept too, as INVALID. @throws AppError not-found, bad-request, unavailable, too-many */
export async function measureDeployment(deps: Deps, { deploymentId, request, actor, idempotencyKey }: MeasureInput): Promise<Operation> {
  const known = idempotencyKey === undefined ? null : await findOperationByKey(deps.db, idempotencyKey);
  if (known) return known;
  const deployment = await findOrThrow(findDeployment(deps.db, deploymentId), "deployment", deploymentId);
  const problem = loadRequestProblem(request);
  if (problem !== null) throw new AppError("bad-request", problem, { place: "request" });
  const giveBack = takeMeasuringTurn("load run");
  try {
    const ingress = await findIngress(deps, deploymentId);
    const { operation, done } = await runOperation(deps, { kind: "load", subjectId: deployment.id, actor, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) }, (context) => measure(deps, ingress, request, actor, context));
    void done.finally(giveBack);
    return operation;
  } catch (error) {
    giveBack();
    throw error;
  }
}

async function measure(deps: Deps, ingress: IngressTarget, request: LoadRequest, actor: Actor, context: OperationContext): Promise<{ runId: string }> {
  const startedAt = new Date(deps.clock.now());
  const revisionNumber = await servingRevision(deps, ingress.deploymentId);
  context.progress({ step: "preparing" });
  const { modelId } = await findOrThrow(findDeployment(deps.db, ingress.deploymentId), "deployment", ingress.deploymentId);
  const shapes = await sampleShapes(deps, modelId, context.signal);
  const key = await openIngress(deps, ingress, "load run");
  const id = newId("run");
  try {
    const options = ["--output", loadRunFolder(deps.dataFolder, id), "--target", ingress.url, "--model", ingress.modelName, ...shapes, ...loadOptions(request)];
    const report = await startLoadgen({
      options, key: key?.token ?? null, signal: context.signal,
      onProgress: (load) => context.progress({ step: load.phase, done: Math.min(Math.floor(load.elapsedS), load.minS), total: load.minS, unit: "items", detail: `${load.answered} answered`, load }),
    }).catch((error: Error) => {
      if (context.signal.aborted) throw new AppError("cancelled", "It was cancelled before anything was measured.");
      throw new AppError("unavailable", `Nothing could be measured: ${error.message}`, { place: ingress.url, fix: "Send one request with the Try it tab: it says what is wrong." });
    });
    await keep(deps, { id, deploymentId: ingress.deploymentId, revisionNumber, operationId: context.operationId, request, report, startedAt, createdBy: actor });
    context.signal.throwIfAborted();
    return { runId: id };
  } finally {
    if (key) await revokeCredential(deps, key.id, { keepOneAdmin: false, actor: "control" });
  }
}

type Kept = { id: string; deploymentId: string; revisionNumber: number; operationId: string; request: LoadRequest; report: LoadReport; startedAt: Date; createdBy: string };

async function keep(deps: Deps, run: Kept): Promise<void> {
  const endRevisionNumber = await servingRevision(deps, run.deploymentId);
  const gone = await deps.publisher.transact((tx) => insertLoadRun(tx, { ...run, endRevisionNumber, finishedAt: new Date(deps.clock.now()) }));
  await Promise.all(gone.map((old) => rm(loadRunFolder(deps.dataFolder, old), { recursive: true, force: true })));
}

async function servingRevision(deps: Deps, deploymentId: string): Promise<number> {
  const { currentRevisionId } = await findOrThrow(findDeployment(deps.db, deploymentId), "deployment", deploymentId);
  const [revision] = currentRevisionId === null ? [] : await findRevisions(deps.db, [currentRevisionId]);
  return revision?.number ?? 0;
}
