// Owns a load run: the load generator in a process of its own sends as any client would, to a deployment or what it is compared with; what it reports is kept with the deployment.
import { rm } from "node:fs/promises";
import { AppError } from "../errors.ts";
import { newId } from "../ids.ts";
import type { LoadReport } from "../loadgen/method/load-report.ts";
import { loadOptions, type LoadRequest, loadRequestProblem } from "../loadgen/method/load-request.ts";
import { type KeptTarget, type LoadTarget, urlTargetProblem } from "../loadgen/method/load-target.ts";
import { startLoadgen } from "../loadgen/start-loadgen.ts";
import { findDeployment, findRevisions, type StoredDeployment } from "../store/deployments.ts";
import { insertLoadRun } from "../store/load-runs.ts";
import { findOperationByKey, type Operation } from "../store/operations.ts";
import { checkDataset } from "./check-dataset.ts";
import type { Actor, Deps } from "./deps.ts";
import { findIngress } from "./find-ingress.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { checkNodeTarget } from "./list-load-targets.ts";
import { takeMeasuringTurn } from "./measuring-turn.ts";
import { type AskedTarget, openLoadTarget, type OpenTarget } from "./open-load-target.ts";
import { loadRunFolder } from "./read-load-log.ts";
import { type OperationContext, runOperation } from "./run-operation.ts";

export type MeasureInput = {
  /** What is measured, or what another system is compared with. */
  deploymentId: string;
  request: LoadRequest;
  target?: LoadTarget;
  /** Of a URL's target: a bearer token. A secret: handed to the load generator, kept nowhere. */
  key?: string | null;
  /** Of a node's target: other deployments on it may be slowed down. */
  besideRunning?: boolean;
  actor: Actor;
  idempotencyKey?: string;
};

/** Its result is `{ runId }`. A cancelled run is kept too, as INVALID. @throws AppError not-found, bad-request, unavailable, conflict (others would be slowed down), too-many */
export async function measureLoad(deps: Deps, input: MeasureInput): Promise<Operation> {
  const { deploymentId, request, actor, idempotencyKey } = input;
  const known = idempotencyKey === undefined ? null : await findOperationByKey(deps.db, idempotencyKey);
  if (known) return known;
  const deployment = await findOrThrow(findDeployment(deps.db, deploymentId), "deployment", deploymentId);
  const problem = loadRequestProblem(request);
  if (problem !== null) throw new AppError("bad-request", problem, { place: "request" });
  const giveBack = takeMeasuringTurn("load run");
  try {
    const asked = await checkTarget(deps, deployment, input);
    const data = await checkData(deps, deployment, input);
    const { operation, done } = await runOperation(deps, { kind: "load", subjectId: deployment.id, actor, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) }, (context) => measure(deps, { deployment, asked, data, request, actor, context }));
    void done.finally(giveBack);
    return operation;
  } catch (error) {
    giveBack();
    throw error;
  }
}

async function checkTarget(deps: Deps, deployment: StoredDeployment, { target = { kind: "deployment" }, key = null, besideRunning = false }: MeasureInput): Promise<AskedTarget> {
  if (key !== null && target.kind !== "url") throw new AppError("bad-request", "A key is for an address; the console has keys of its own for its nodes.", { place: "key", fix: "Leave the key out." });
  if (target.kind === "deployment") return { kind: "deployment", ingress: await findIngress(deps, deployment.id) };
  if (target.kind === "node") return { kind: "node", node: await checkNodeTarget(deps, deployment, target.nodeId, besideRunning) };
  const problem = urlTargetProblem(target);
  if (problem !== null) throw new AppError("bad-request", problem, { place: "target" });
  return { kind: "url", target, key };
}

/** Options of the load generator by which an accuracy run asks its dataset; null = inputs are made up. */
async function checkData(deps: Deps, { modelId }: StoredDeployment, { request: { dataset }, target }: MeasureInput): Promise<string[] | null> {
  if (dataset === undefined) return null;
  const { path, form } = await checkDataset(deps, target?.kind === "url" ? { api: target.api } : { modelId }, dataset);
  // They come last: at an address, too, a processor is asked in place of the API that was named.
  return ["--data", path, ...(form === "raw" ? ["--api", "process"] : [])];
}

type Measuring = { deployment: StoredDeployment; asked: AskedTarget; data: string[] | null; request: LoadRequest; actor: Actor; context: OperationContext };

async function measure(deps: Deps, { deployment, asked, data, request, actor, context }: Measuring): Promise<{ runId: string }> {
  context.progress({ step: "preparing" });
  const target = await openLoadTarget(deps, asked, { deployment, actor, context, hasData: data !== null });
  try {
    const startedAt = new Date(deps.clock.now());
    const revisionNumber = await servingRevision(deps, deployment.id);
    const id = newId("run");
    const report = await generate(deps, id, target, [...loadOptions(request), ...(data ?? [])], context);
    await keep(deps, { id, deploymentId: deployment.id, revisionNumber, operationId: context.operationId, target: target.kept(), request, report, startedAt, createdBy: actor });
    context.signal.throwIfAborted();
    return { runId: id };
  } finally {
    await target.close();
  }
}

function generate(deps: Deps, runId: string, { options, key, place, fix, look }: OpenTarget, asks: readonly string[], { signal, progress }: OperationContext): Promise<LoadReport> {
  return startLoadgen({
    options: ["--output", loadRunFolder(deps.dataFolder, runId), ...options, ...asks], key, signal,
    onProgress(load) {
      look();
      const { accuracy } = load;
      const done = accuracy ? { done: accuracy.answered, total: accuracy.total } : { done: Math.min(Math.floor(load.elapsedS), load.minS), total: load.minS };
      progress({ step: load.phase, ...done, unit: "items", detail: `${accuracy?.answered ?? load.answered} answered`, load });
    },
  }).catch((error: Error) => {
    if (signal.aborted) throw new AppError("cancelled", "It was cancelled before anything was measured.");
    throw new AppError("unavailable", `Nothing could be measured: ${error.message}`, { place, fix });
  });
}

type Kept = { id: string; deploymentId: string; revisionNumber: number; operationId: string; target: KeptTarget; request: LoadRequest; report: LoadReport; startedAt: Date; createdBy: string };

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
