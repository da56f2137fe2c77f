// Stops a deployment: new requests are refused, what is in flight finishes, then its stages are unloaded.
import { AppError } from "../errors.ts";
import type { Append } from "../events/publish.ts";
import type { Tx } from "../store/db.ts";
import { findUnfinishedMigration, lockDeployment, moveMigration, updateDeployment } from "../store/deployments.ts";
import type { Operation } from "../store/operations.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";
import { beginOperation, endOperation } from "./run-operation.ts";

/** @throws AppError not-found, conflict (stopped already) */
export async function stopDeployment(deps: Deps, input: { deploymentId: string; actor: Actor; idempotencyKey?: string }): Promise<{ operation: Operation }> {
  const operation = await deps.publisher.transact(async (tx, append) => {
    const deployment = await lockDeployment(tx, input.deploymentId);
    if (!deployment) throw notFound("deployment", input.deploymentId, "deploymentId");
    if (deployment.desired === "stopped") throw new AppError("conflict", `${deployment.name} is stopped already.`, { fix: "Nothing to do; start it when it is to serve again." });
    await endMigration(deps, tx, append, deployment.id);
    await updateDeployment(tx, deployment.id, { desired: "stopped", settings: { ...deployment.settings, stoppedAtMs: deps.clock.now() } });
    const begun = await beginOperation(deps, tx, append, { kind: "stop", subjectId: deployment.id, actor: input.actor, idempotencyKey: input.idempotencyKey });
    await append({ name: "deployment.stopped", subjectId: deployment.id, actor: input.actor, message: `${deployment.name} was stopped.`, payload: { deploymentId: deployment.id } });
    return begun;
  });
  deps.wake("a deployment was stopped");
  return { operation };
}

async function endMigration(deps: Deps, tx: Tx, append: Append, deploymentId: string): Promise<void> {
  const migration = await findUnfinishedMigration(tx, deploymentId);
  if (!migration) return;
  const now = new Date(deps.clock.now());
  const reason = "The deployment was stopped.";
  const error = { code: "cancelled", message: reason, fix: null };
  const decisions = [...migration.decisions, { at: now.toISOString(), state: migration.state, action: "cancelled", reason }];
  await moveMigration(tx, migration.id, migration.state, { state: "cancelled", stateSince: now, finishedAt: now, error, decisions });
  await append({ name: "migration.finished", subjectId: deploymentId, actor: "control", message: reason, payload: { deploymentId, migrationId: migration.id, outcome: "cancelled", movedBytes: migration.moved?.reduce((sum, one) => sum + one.bytes, 0) ?? null, predictedBytes: migration.predictedBytes } });
  await endOperation(deps, tx, append, migration.operationId, { status: "cancelled", error }, "control");
}
