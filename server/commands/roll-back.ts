// Makes an earlier revision's stages the desired ones again: a new revision, a migration like any other.
import { AppError } from "../errors.ts";
import { findRevisions, listRevisions, lockDeployment, type StoredRevision } from "../store/deployments.ts";
import { findNode } from "../store/nodes.ts";
import type { Operation } from "../store/operations.ts";
import type { Tx } from "../store/db.ts";
import type { Actor, Deps } from "./deps.ts";
import { startMigration } from "./start-migration.ts";

/** `toRevision`: its number; by default the one that served before. @throws AppError not-found, conflict */
export async function rollBack(deps: Deps, input: { deploymentId: string; toRevision?: number; actor: Actor }): Promise<{ operation: Operation }> {
  const started = await deps.publisher.transact(async (tx, append) => {
    const deployment = await lockDeployment(tx, input.deploymentId);
    if (!deployment) throw new AppError("not-found", "There is no deployment of that id.", { place: "deploymentId" });
    if (deployment.desired === "stopped") throw new AppError("conflict", `${deployment.name} is stopped.`, { fix: "Start it first." });
    const [current] = deployment.currentRevisionId === null ? [] : await findRevisions(tx, [deployment.currentRevisionId]);
    const target = await chooseTarget(tx, deployment.id, current ?? null, input.toRevision);
    await checkNodes(tx, target);
    return startMigration(deps, tx, append, {
      deployment,
      fromRevisionId: current?.id ?? null,
      planId: target.planId,
      stages: target.stages,
      reason: `Rolled back to revision ${target.number}.`,
      actor: input.actor,
    });
  });
  deps.wake("a deployment was rolled back");
  return { operation: started.operation };
}

async function chooseTarget(tx: Tx, deploymentId: string, current: StoredRevision | null, wanted: number | undefined): Promise<StoredRevision> {
  const revisions = await listRevisions(tx, deploymentId);
  if (wanted !== undefined) {
    const found = revisions.find((revision) => revision.number === wanted);
    if (!found) throw new AppError("not-found", `There is no revision ${wanted}.`, { place: "toRevision" });
    return found;
  }
  // Only what has served can be gone back to: a revision that was never cut over to is no place of safety.
  const served = new Set((await tx.migration.findMany({ where: { deploymentId, state: "done" }, select: { toRevisionId: true } })).map((row) => row.toRevisionId));
  const previous = revisions.find((revision) => served.has(revision.id) && revision.number < (current?.number ?? Number.POSITIVE_INFINITY));
  if (!previous) throw new AppError("conflict", "There is no earlier revision to go back to.");
  return previous;
}

export async function checkNodes(tx: Tx, revision: StoredRevision): Promise<void> {
  for (const nodeId of new Set(revision.stages.map((stage) => stage.nodeId))) {
    const node = await findNode(tx, nodeId);
    if (!node || node.removedAt) throw new AppError("conflict", `Revision ${revision.number} used a node that has left the fleet.`, { fix: "Make a new plan." });
  }
}
