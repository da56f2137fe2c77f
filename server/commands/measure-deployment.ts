// Owns a load run of a deployment: the load generator in a process of its own sends to the ingress as any client would; what it reports is kept.
import { rm } from "node:fs/promises";
import { AppError } from "../errors.ts";
import { newId } from "../ids.ts";
import { loadOptions, type LoadRequest, loadRequestProblem } from "../loadgen/method/load-request.ts";
import type { LoadReport } from "../loadgen/method/load-report.ts";
import { startLoadgen } from "../loadgen/start-loadgen.ts";
import { findDeployment, findRevisions } from "../store/deployments.ts";
import { insertLoadRun } from "../store/load-runs.ts";
import { findModel } from "../store/models.ts";
import { findOperationByKey, type Operation } from "../store/operations.ts";
import { revokeCredential } from "./create-credential.ts";
import type { Actor, Deps } from "./deps.ts";
import { findIngress, type IngressTarget, makeIngressKey } from "./find-ingress.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { loadRunFolder } from "./read-load-log.ts";
import { prepareInputs } from "./prepare-inputs.ts";
import { type OperationContext, runOperation } from "./run-operation.ts";

/** A new key reaches the ingress with its next desired state. */
const KEY_WITHIN_MS = 10_000;
const KEY_RETRY_MS = 250;
const ASK_TIMEOUT_MS = 10_000;

export type MeasureInput = { deploymentId: string; request: LoadRequest; actor: Actor; idempotencyKey?: string };

/** Two runs at once would measure each other, so there is one in a console. */
let isRunning = false;

/** Its result is `{ runId }`. A cancelled run is kept too, as INVALID. @throws AppError not-found, bad-request, unavailable, too-many */
export async function measureDeployment(deps: Deps, { deploymentId, request, actor, idempotencyKey }: MeasureInput): Promise<Operation> {
  const known = idempotencyKey === undefined ? null : await findOperationByKey(deps.db, idempotencyKey);
  if (known) return known;
  const deployment = await findOrThrow(findDeployment(deps.db, deploymentId), "deployment", deploymentId);
  const problem = loadRequestProblem(request);
  if (problem !== null) throw new AppError("bad-request", problem, { place: "request" });
  if (isRunning) throw new AppError("too-many", "Another load run is under way: two at once would measure each other.", { fix: "Wait for its end, or cancel it." });
  isRunning = true;
  try {
    const ingress = await findIngress(deps, deploymentId);
    const { operation, done } = await runOperation(deps, { kind: "load", subjectId: deployment.id, actor, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) }, (context) => measure(deps, ingress, request, actor, context));
    void done.finally(() => { isRunning = false; });
    return operation;
  } catch (error) {
    isRunning = false;
    throw error;
  }
}

async function measure(deps: Deps, ingress: IngressTarget, request: LoadRequest, actor: Actor, context: OperationContext): Promise<{ runId: string }> {
  const startedAt = new Date(deps.clock.now());
  const revisionNumber = await servingRevision(deps, ingress.deploymentId);
  context.progress({ step: "preparing" });
  const shapes = await inputShapes(deps, ingress.deploymentId, context.signal);
  const key = await openIngress(deps, ingress);
  const id = newId("run");
  try {
    const options = ["--output", loadRunFolder(deps.dataFolder, id), "--target", ingress.url, "--model", ingress.modelName, ...shapes.flatMap(({ name, shape }) => ["--shape", `${name}=${shape.join(",")}`]), ...loadOptions(request)];
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

/** Values are made up; sizes are those of the model's sample, so that open dimensions are as wide as in real requests. */
async function inputShapes(deps: Deps, deploymentId: string, signal: AbortSignal): Promise<{ name: string; shape: number[] }[]> {
  const { modelId } = await findOrThrow(findDeployment(deps.db, deploymentId), "deployment", deploymentId);
  const model = await findOrThrow(findModel(deps.db, modelId), "model", modelId);
  const prepared = await prepareInputs(deps, model, signal);
  prepared.remove();
  return (prepared.inputs?.about.tensors ?? []).filter(({ shape }) => shape.length > 0 && shape.every((size) => size > 0));
}

/** A key only where one is demanded: the first key of an ingress on loopback would shut out everybody without one. */
async function openIngress(deps: Deps, { url, modelName, deploymentId }: IngressTarget): Promise<{ id: string; token: string } | null> {
  const ask = async (token: string | null): Promise<number> => {
    const answer = await fetch(`${url}/v2/models/${encodeURIComponent(modelName)}`, { headers: token === null ? {} : { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(ASK_TIMEOUT_MS), redirect: "manual" }).catch((cause: unknown) => {
      throw new AppError("unavailable", "The ingress can't be reached from the console.", { place: url, fix: "Check that its address is reachable from here, or run `npm run loadgen` where it is.", cause });
    });
    await answer.body?.cancel();
    return answer.status;
  };
  const isRefused = (status: number) => status === 401 || status === 403;
  if (!isRefused(await ask(null))) return null;
  const key = await makeIngressKey(deps, "load run", deploymentId);
  const until = deps.clock.now() + KEY_WITHIN_MS;
  while (isRefused(await ask(key.token)) && deps.clock.now() < until) await new Promise((resolve) => setTimeout(resolve, KEY_RETRY_MS));
  return key;
}
