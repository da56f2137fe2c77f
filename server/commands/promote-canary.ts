// Ends the trial of a new revision: its move goes on to cutover, after which it is watched. One that was to have requests, and had none, takes over only for who says so by its shares.
import { AppError } from "../errors.ts";
import { readSnapshot } from "../live/read-snapshot.ts";
import { isUnseen, toldOf } from "../policy/canary.ts";
import { findRevisions, findUnfinishedMigration, lockDeployment, updateDeployment } from "../store/deployments.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

/** @throws AppError not-found, conflict when none is tried, or nothing was seen of it */
export async function promoteCanary(deps: Deps, input: { deploymentId: string; actor: Actor }): Promise<void> {
  const snapshot = await readSnapshot(deps.db, deps.clock.now());
  await deps.publisher.transact(async (tx, append) => {
    const deployment = await lockDeployment(tx, input.deploymentId);
    if (!deployment) throw notFound("deployment", input.deploymentId, "deploymentId");
    const migration = await findUnfinishedMigration(tx, deployment.id);
    if (migration?.state !== "canary" || migration.cancelRequested) throw new AppError("conflict", `No revision of ${deployment.name} is being tried.`, { fix: "A trial begins once a deployed plan has been verified." });
    const [next] = await findRevisions(tx, [migration.toRevisionId]);
    const { canary } = deployment.settings;
    if (canary && next && isUnseen(canary, toldOf(snapshot, deployment.id, next))) throw new AppError("conflict", `Revision ${next.number} of ${deployment.name} has answered nothing yet: no request was given to it, and no copy compared.`, { fix: "Wait for requests, or set its share of requests and of copies to 0 to have it take over unseen." });
    await updateDeployment(tx, deployment.id, { settings: { ...deployment.settings, canaryMigrationId: null, watchedMigrationId: migration.id } });
    await append({ name: "migration.promoted", subjectId: deployment.id, actor: input.actor, message: `The revision that ${deployment.name} tries was promoted.`, payload: { deploymentId: deployment.id, migrationId: migration.id } });
  });
  deps.wake("a trial was ended");
}
