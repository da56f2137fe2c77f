// Does what a client of an ingress asks by the protocol's load and unload: starts or stops the deployment as an operator would, and waits until it
// serves or has stopped. The key is judged here, by what the console knows of it, and not by the word of the node that forwards it.
import { MAX_REPOSITORY_CALLS, REPOSITORY_WAIT_MS, type RepositoryAnswer, type RepositoryCall } from "../../agents/protocol/repository-call.ts";
import { AppError } from "../errors.ts";
import { type Credential, findCredentialByHash } from "../store/credentials.ts";
import { findDeployment, findRevisions, findUnfinishedMigration, type StoredDeployment } from "../store/deployments.ts";
import { findOperation, listOperations, type Operation } from "../store/operations.ts";
import { hashToken } from "../trust/credentials.ts";
import type { Actor, Deps } from "./deps.ts";
import { MAX_WAIT_SECONDS, waitForOperation } from "./run-operation.ts";
import { startDeployment } from "./start-deployment.ts";
import { stopDeployment } from "./stop-deployment.ts";

export type LoadModelInput = {
  call: RepositoryCall;
  /** Whose ingress was asked. */
  nodeId: string;
  nodeName: string;
  /** Nobody is trusted without a key. False = the node runs on the machine of a console that asks nobody for a credential. */
  needsKey: boolean;
};

/** Loading what is loaded, and unloading what is not, is done already. */
export async function loadModel(deps: Deps, { call, nodeId, nodeName, needsKey }: LoadModelInput): Promise<RepositoryAnswer> {
  const deployment = await findDeployment(deps.db, call.deploymentId);
  const mayLoad = call.key === null ? null : await findCredentialByHash(deps.db, hashToken(call.key));
  const refusal = refusalOf(call, mayLoad, needsKey);
  if (refusal) return refusal;
  if (!deployment || !(await isEnteredAt(deps, deployment, nodeId))) return { ok: false, code: "failed", message: "no deployment of that name is entered here" };
  const actor: Actor = mayLoad ? `api:${mayLoad.name}` : `ingress:${nodeName}`;
  try {
    const operation = await begin(deps, call, actor);
    return operation === null ? { ok: true } : await outcomeOf(deps, operation.id, call.action);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { ok: false, code: error.code === "unavailable" ? "unavailable" : "failed", message: error.message };
  }
}

function refusalOf({ deploymentId, key, action }: RepositoryCall, known: Credential | null, needsKey: boolean): RepositoryAnswer | null {
  if (key === null) return needsKey ? { ok: false, code: "forbidden", message: `to ${action} it, send \`Authorization: Bearer <key>\` with a key of this deployment that may load and unload (console: Serving, Keys)` } : null;
  if (known?.kind === "inference" && known.deploymentId === deploymentId && known.mayLoad) return null;
  return { ok: false, code: "forbidden", message: "this key may not load and unload: allow it at the console (Serving, Keys), or use one that may" };
}

/** A node speaks for what is entered at it, and for nothing else. */
async function isEnteredAt(deps: Deps, { settings, currentRevisionId }: StoredDeployment, nodeId: string): Promise<boolean> {
  if (settings.rigOf !== undefined) return false;
  const current = currentRevisionId === null ? [] : await findRevisions(deps.db, [currentRevisionId]);
  return [...settings.ingressNodeIds, ...current.flatMap((revision) => revision.ingressNodeIds)].includes(nodeId);
}

/** What is to be waited for; null = it is so already. @throws AppError conflict */
async function begin(deps: Deps, { deploymentId, action }: RepositoryCall, actor: Actor): Promise<Operation | null> {
  // Two who ask at once: one begins, the other is told that it runs already, and finds what the first began.
  for (let tries = 1; ; tries++) {
    const known = await underWay(deps, deploymentId, action);
    if (known !== "begin") return known;
    try {
      return (await (action === "load" ? startDeployment : stopDeployment)(deps, { deploymentId, actor })).operation;
    } catch (error) {
      if (!(error instanceof AppError && error.code === "conflict") || tries >= MAX_REPOSITORY_CALLS) throw error;
      if ((await underWay(deps, deploymentId, action)) === "begin") throw error;
    }
  }
}

async function underWay(deps: Deps, deploymentId: string, action: RepositoryCall["action"]): Promise<Operation | null | "begin"> {
  const deployment = await findDeployment(deps.db, deploymentId);
  if (action === "unload") {
    if (deployment?.desired !== "stopped") return "begin";
    return (await listOperations(deps.db, { status: "running", kind: "stop", subjectId: deploymentId, limit: 1 }))[0] ?? null;
  }
  if (deployment?.desired !== "running") return "begin";
  if (deployment.currentRevisionId !== null) return null;
  const migration = await findUnfinishedMigration(deps.db, deploymentId);
  return migration ? await findOperation(deps.db, migration.operationId) : "begin";
}

async function outcomeOf(deps: Deps, operationId: string, action: RepositoryCall["action"]): Promise<RepositoryAnswer> {
  const untilMs = deps.clock.now() + REPOSITORY_WAIT_MS;
  for (;;) {
    const leftSeconds = (untilMs - deps.clock.now()) / 1000;
    const { status, error } = await waitForOperation(deps, operationId, Math.max(0, Math.min(MAX_WAIT_SECONDS, leftSeconds)));
    if (status === "succeeded") return { ok: true };
    if (status !== "running") return { ok: false, code: "failed", message: error?.message ?? `its ${action} was ${status}` };
    if (leftSeconds <= 0) return { ok: false, code: "late", message: `it is not done after ${REPOSITORY_WAIT_MS / 1000} s and goes on; ask again` };
  }
}
