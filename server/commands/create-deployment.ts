// Makes a deployment of a plan and starts its first migration.
import type { KeyLimits, SessionOptions } from "../../agents/protocol/control.ts";
import { AppError } from "../errors.ts";
import { newId } from "../ids.ts";
import { DEFAULT_SESSION } from "../planner/default-session.ts";
import { DEFAULT_ADAPT_SETTINGS } from "../policy/adapt/adapt-settings.ts";
import { DEFAULT_STREAMS } from "../policy/drain-limit.ts";
import type { DeploymentSettings, StreamSettings } from "../policy/snapshot.ts";
import { insertDeployment, readModelFacts, updateDeployment } from "../store/deployments.ts";
import { findOperationByKey, type Operation } from "../store/operations.ts";
import { checkBatching, checkLimits } from "./check-serving.ts";
import type { Actor, Deps } from "./deps.ts";
import { checkIngress } from "./check-ingress.ts";
import { resolveStages } from "./resolve-stages.ts";
import { startMigration } from "./start-migration.ts";

/** What an ingress and its stages hold at most, unless the deployment says otherwise. */
export const DEFAULT_LIMITS: DeploymentSettings["limits"] = {
  maxInFlight: 64,
  maxRequestBytes: 64 * 1024 * 1024,
  defaultDeadlineMs: 30_000,
  maxDeadlineMs: 60_000,
  queueLength: 64,
  maxFrameBytes: 256 * 1024 * 1024,
};

export type CreateDeploymentInput = {
  name: string;
  planId: string;
  ingressNodeIds?: string[];
  settings?: { session?: Partial<SessionOptions>; limits?: Partial<DeploymentSettings["limits"]>; batching?: DeploymentSettings["batching"]; keyLimits?: KeyLimits | null; streams?: Partial<StreamSettings> };
  /** The analysis, or the operation of the load run, that it is a rig of. */
  rigOf?: string;
  actor: Actor;
  idempotencyKey?: string;
};

/** @throws AppError bad-request, not-found, conflict (name taken), infeasible */
export async function createDeployment(deps: Deps, input: CreateDeploymentInput): Promise<{ deploymentId: string; operation: Operation }> {
  const known = input.idempotencyKey === undefined ? null : await findOperationByKey(deps.db, input.idempotencyKey);
  if (known) return { deploymentId: known.subjectId, operation: known };
  const name = checkDeploymentName(input.name);
  const { plan, stages, sourceNodeId } = await resolveStages(deps, input.planId, null);
  const ingressNodeIds = await checkIngress(deps.db, input.ingressNodeIds ?? [sourceNodeId]);
  const settings: DeploymentSettings = { ingressNodeIds, session: { ...DEFAULT_SESSION, ...input.settings?.session }, limits: checkLimits({ ...DEFAULT_LIMITS, ...input.settings?.limits }), batching: await checkBatching(input.settings?.batching ?? null, () => readModelFacts(deps.db, plan.modelId)), keyLimits: input.settings?.keyLimits ?? null, streams: { ...DEFAULT_STREAMS, ...input.settings?.streams }, stoppedAtMs: null, ...(input.rigOf === undefined ? {} : { rigOf: input.rigOf }) };
  const deploymentId = newId("dep");
  const operation = await deps.publisher.transact(async (tx, append) => {
    if (await tx.deployment.findUnique({ where: { name }, select: { id: true } })) throw new AppError("conflict", `There is a deployment named ${name}.`, { place: "name", fix: "Choose another name, or move that deployment to the plan." });
    await insertDeployment(tx, { id: deploymentId, name, modelId: plan.modelId, topologyId: plan.topologyId, settings, createdAt: new Date(deps.clock.now()), createdBy: input.actor });
    // What is measured must stay as it is.
    if (input.rigOf !== undefined) await updateDeployment(tx, deploymentId, { adaptation: { ...DEFAULT_ADAPT_SETTINGS, mode: "observe" } });
    const started = await startMigration(deps, tx, append, {
      deployment: { id: deploymentId, name },
      fromRevisionId: null,
      planId: plan.id,
      stages,
      ingressNodeIds,
      reason: input.rigOf === undefined ? `First deployment of plan ${plan.revision}.` : `A rig, to be measured and removed again, with plan ${plan.revision}.`,
      actor: input.actor,
      idempotencyKey: input.idempotencyKey,
    });
    await append({ name: "deployment.created", subjectId: deploymentId, actor: input.actor, message: `${name} was created.`, payload: { deploymentId } });
    return started.operation;
  });
  deps.wake("a deployment was created");
  return { deploymentId, operation };
}

/** It stands in `/v2/models/NAME`. */
export function checkDeploymentName(name: string): string {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/.test(name)) {
    throw new AppError("bad-request", "A deployment's name stands in an address: letters, digits, dots, dashes and underscores, at most 64.", { place: "name", fix: "For example text-recognition." });
  }
  return name;
}
