// Asks a migration to turn back. Possible until cutover, and while a promoted revision is watched: from then on requests are on the new revision alone, and going back is a move of its own.
import { AppError } from "../errors.ts";
import { watchLeftMs } from "../policy/canary.ts";
import type { DeploymentSettings } from "../policy/snapshot.ts";
import { findUnfinishedMigration, lockDeployment, requestMigrationCancel, type StoredMigration } from "../store/deployments.ts";
import { findOperation, type Operation } from "../store/operations.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

const CANCELLABLE_STATES: readonly string[] = ["prepare", "pause", "unload", "warm", "verify", "canary"];

/** Until its cutover, and while the old revision stands by because the new one is watched; a hand-over also later, as long as a step is left: it ends after this one then. */
export function isCancellable({ id, state, stateSince, course }: Pick<StoredMigration, "id" | "state" | "stateSince" | "course">, settings: Pick<DeploymentSettings, "canary" | "watchedMigrationId">, nowMs: number): boolean {
  if (CANCELLABLE_STATES.includes(state)) return true;
  if (state === "drain" && watchLeftMs(settings, id, nowMs - stateSince.getTime()) > 0) return true;
  return ["cutover", "drain", "retire"].includes(state) && (course?.handOver?.rest.length ?? 0) > 0;
}

/** @throws AppError not-found, conflict (past cutover) */
export async function cancelMigration(deps: Deps, input: { deploymentId: string; actor: Actor }): Promise<{ operation: Operation | null }> {
  const operationId = await deps.publisher.transact(async (tx, append) => {
    const deployment = await lockDeployment(tx, input.deploymentId);
    if (!deployment) throw notFound("deployment", input.deploymentId, "deploymentId");
    const migration = await findUnfinishedMigration(tx, deployment.id);
    if (!migration) throw new AppError("conflict", `${deployment.name} is not being moved.`, { fix: "There is nothing to cancel. To go back to the revision before, roll back." });
    if (!isCancellable(migration, deployment.settings, deps.clock.now())) throw new AppError("conflict", `${deployment.name} has passed cutover (${migration.state}).`, { fix: "Wait until it is done, then roll back." });
    if (!migration.cancelRequested) {
      await requestMigrationCancel(tx, migration.id);
      await append({ name: "migration.cancelling", subjectId: deployment.id, actor: input.actor, message: `The move of ${deployment.name} was told to turn back.`, payload: { deploymentId: deployment.id, migrationId: migration.id } });
    }
    return migration.operationId;
  });
  deps.wake("a migration was cancelled");
  return { operation: await findOperation(deps.db, operationId) };
}
