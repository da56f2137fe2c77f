// Asks a migration to turn back. Possible until cutover: from then on requests are on the new revision, and going back is a move of its own.
import { AppError } from "../errors.ts";
import { findUnfinishedMigration, lockDeployment, requestMigrationCancel } from "../store/deployments.ts";
import { findOperation, type Operation } from "../store/operations.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

export const CANCELLABLE_STATES: readonly string[] = ["prepare", "warm", "verify", "canary"];

/** @throws AppError not-found, conflict (past cutover) */
export async function cancelMigration(deps: Deps, input: { deploymentId: string; actor: Actor }): Promise<{ operation: Operation | null }> {
  const operationId = await deps.publisher.transact(async (tx, append) => {
    const deployment = await lockDeployment(tx, input.deploymentId);
    if (!deployment) throw notFound("deployment", input.deploymentId, "deploymentId");
    const migration = await findUnfinishedMigration(tx, deployment.id);
    if (!migration) throw new AppError("conflict", `${deployment.name} is not being moved.`, { fix: "There is nothing to cancel. To go back to the revision before, roll back." });
    if (!CANCELLABLE_STATES.includes(migration.state)) throw new AppError("conflict", `${deployment.name} has passed cutover (${migration.state}).`, { fix: "Wait until it is done, then roll back." });
    if (!migration.cancelRequested) {
      await requestMigrationCancel(tx, migration.id);
      await append({ name: "migration.cancelling", subjectId: deployment.id, actor: input.actor, message: `The move of ${deployment.name} was told to turn back.`, payload: { deploymentId: deployment.id, migrationId: migration.id } });
    }
    return migration.operationId;
  });
  deps.wake("a migration was cancelled");
  return { operation: await findOperation(deps.db, operationId) };
}
