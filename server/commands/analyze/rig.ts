// Owns a rig's life: put up as any deployment, changed as any deployment, taken down. What an analysis or a load run that was cut short left standing, `endRig` of a control loop takes down.
import type { Batching } from "../../../agents/protocol/control.ts";
import { AppError } from "../../errors.ts";
import type { DeploymentSettings } from "../../policy/snapshot.ts";
import { findCredentialByName } from "../../store/credentials.ts";
import { findDeployment } from "../../store/deployments.ts";
import { listOperations } from "../../store/operations.ts";
import { revokeCredential } from "../create-credential.ts";
import { createDeployment, DEFAULT_LIMITS } from "../create-deployment.ts";
import { deleteDeployment } from "../delete-deployment.ts";
import type { Actor, Deps } from "../deps.ts";
import { findIngress, ingressKeyName, type IngressTarget } from "../find-ingress.ts";
import { openIngress } from "../open-ingress.ts";
import { setServing } from "../set-serving.ts";
import { stopDeployment } from "../stop-deployment.ts";
import { awaitOperation } from "./await-operation.ts";

const KEY_PURPOSE = "rig";
const ASK_TIMEOUT_MS = 10_000;
const FOLLOWS_WITHIN_MS = 30_000;
const GONE_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 150;

/** `maxBatch`: as it was told last. `key`: of the console, where one is demanded. */
export type Rig = { deploymentId: string; planId: string; maxBatch: number; ingress: IngressTarget; key: { id: string; token: string } | null };
export type RigInput = { /** The analysis, or the operation of the load run, that it is put up for: it lives no longer. */ rigOf: string; number: number; planId: string; /** Of the deployment that it is to be like; null = the usual ones. */ like: Pick<DeploymentSettings, "ingressNodeIds" | "session" | "limits"> | null; /** From its beginning; absent = each request alone. */ batching?: Batching | null; /** Largest number of requests under way that it will meet. */ maxInFlight: number; actor: Actor; signal: AbortSignal };

/** Serves when it returns. @throws AppError why it cannot be deployed */
export async function putUpRig(deps: Deps, { rigOf, number, planId, like, batching, maxInFlight, actor, signal }: RigInput): Promise<Rig> {
  const limits = like?.limits ?? DEFAULT_LIMITS;
  const { deploymentId, operation } = await createDeployment(deps, {
    name: `rig-${rigOf.slice(-8)}-${number}`, planId, rigOf, actor, ...(like ? { ingressNodeIds: like.ingressNodeIds } : {}),
    settings: { ...(like ? { session: like.session } : {}), ...(batching ? { batching } : {}), limits: { ...limits, maxInFlight: Math.max(limits.maxInFlight, maxInFlight), queueLength: Math.max(limits.queueLength, maxInFlight) } },
  });
  try {
    await awaitOperation(deps, operation.id, signal);
    const ingress = await findIngress(deps, deploymentId);
    return { deploymentId, planId, maxBatch: batching?.maxSize ?? 1, ingress, key: await openIngress(deps, ingress, KEY_PURPOSE) };
  } catch (error) {
    // Cancelled, the loop of rigs does it: whoever cancelled shall not wait.
    if (!signal.aborted) await takeDownRig(deps, deploymentId, signal);
    throw error;
  }
}

/** How its ingress joins requests from now on: asked of the ingress itself. Null = it does; else why it cannot, in a sentence. @throws AppError unavailable */
export async function setRigBatch(deps: Deps, rig: Rig, { maxBatch, batchDelayMs, actor, signal }: { maxBatch: number; batchDelayMs: number; actor: Actor; signal: AbortSignal }): Promise<string | null> {
  if (rig.maxBatch !== maxBatch) await setServing(deps, { deploymentId: rig.deploymentId, change: { batching: maxBatch === 1 ? null : { maxSize: maxBatch, maxDelayMs: batchDelayMs, preferredSizes: [] } }, actor });
  rig.maxBatch = maxBatch;
  const until = deps.clock.now() + FOLLOWS_WITHIN_MS;
  for (;;) {
    signal.throwIfAborted();
    const { most, problem } = await readBatching(rig);
    if (maxBatch > 1 && problem !== null) return `Requests cannot be joined: ${problem}.`;
    if (most === (maxBatch === 1 ? 0 : maxBatch)) return null;
    if (deps.clock.now() > until) throw new AppError("unavailable", "Its ingress did not take the new batch size.", { fix: "Look whether its node is connected." });
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** What its ingress tells any client of the model: the largest batch (0 = none), and why a wanted one is off. @throws AppError unavailable */
export async function readBatching({ ingress, key }: Pick<Rig, "ingress" | "key">): Promise<{ most: number; problem: string | null }> {
  const answer = await fetch(`${ingress.url}/v2/models/${encodeURIComponent(ingress.modelName)}/config`, { headers: key === null ? {} : { authorization: `Bearer ${key.token}` }, signal: AbortSignal.timeout(ASK_TIMEOUT_MS), redirect: "manual" }).catch((cause: unknown) => {
    throw new AppError("unavailable", "The rig's ingress can't be reached from the console.", { place: ingress.url, cause });
  });
  const config = (await answer.json().catch(() => null)) as { max_batch_size?: unknown; parameters?: { batching_off_because?: { string_value?: string } } } | null;
  if (!answer.ok || typeof config?.max_batch_size !== "number") throw new AppError("unavailable", `The rig's ingress answered ${answer.status}.`, { place: ingress.url });
  return { most: config.max_batch_size, problem: config.parameters?.batching_off_because?.string_value ?? null };
}

/** Stops and removes it; what its nodes do not unload in time, the loop of rigs goes on with. @throws what the signal says */
export async function takeDownRig(deps: Deps, deploymentId: string, signal: AbortSignal): Promise<void> {
  const until = deps.clock.now() + GONE_WITHIN_MS;
  while (!(await endRig(deps, deploymentId)) && deps.clock.now() < until) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** One step towards its end, whatever state it is in; called until it answers true: it is gone. */
export async function endRig(deps: Deps, deploymentId: string): Promise<boolean> {
  const deployment = await findDeployment(deps.db, deploymentId);
  if (!deployment) return true;
  if (deployment.desired === "running") {
    await stopDeployment(deps, { deploymentId, actor: "control" });
    return false;
  }
  if ((await listOperations(deps.db, { status: "running", subjectId: deploymentId, kind: "stop", limit: 1 })).length > 0) return false;
  const key = await findCredentialByName(deps.db, ingressKeyName(KEY_PURPOSE, deploymentId));
  if (key) await revokeCredential(deps, key.id, { keepOneAdmin: false, actor: "control" });
  await deleteDeployment(deps, { deploymentId, actor: "control" });
  return true;
}
