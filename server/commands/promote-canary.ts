// Ends the trial of a new revision: its move goes on to cutover.
import { AppError } from "../errors.ts";
import { findUnfinishedMigration, lockDeployment, updateDeployment } from "../store/deployments.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

/** @throws AppError not-found, conflict when none is tried */
export async function promoteCanary(deps: Deps, input: { deploymentId: string; actor: Actor }): Promise<void> {
  await deps.publisher.transact(async (tx, append) => {
    const deployment = await lockDeployment(tx, input.deploymentId);
    if (!deployment) throw notFound("deployment", input.deploymentId, "deploymentId");
    const migration = await findUnfinishedMigration(tx, deployment.id);
    if (migration?.state !== "canary" || migration.cancelRequested) throw new AppError("conflict", `No revision of ${deployment.name} is being tried.`, { fix: "A trial begins once a deployed plan has been verified." });
    await updateDeployment(tx, deployment.id, { settings: { ...deployment.settings, canaryMigrationId: null } });
    await append({ name: "migration.promoted", subjectId: deployment.id, actor: input.actor, message: `The revision that ${deployment.name} tries was promoted.`, payload: { deploymentId: deployment.id, migrationId: migration.id } });
  });
  deps.wake("a trial was ended");
}
