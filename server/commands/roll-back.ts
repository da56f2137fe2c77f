// Makes an earlier revision's stages and entries the desired ones again: a new revision, a migration like any other, in steps or with a pause where a move to a plan goes so.
import { AppError } from "../errors.ts";
import { findDeployment, findRevisions, listRevisions, lockDeployment, type StoredDeployment, type StoredRevision } from "../store/deployments.ts";
import { findNode } from "../store/nodes.ts";
import type { Operation } from "../store/operations.ts";
import type { Db, Tx } from "../store/db.ts";
import { beginWay } from "./begin-way.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { notFound } from "./not-found.ts";
import { startMigration } from "./start-migration.ts";

export type RollBackInput = {
  deploymentId: string;
  /** Its number; by default the one that served before. */
  toRevision?: number;
  /** Number of the revision the caller saw serving; another one by now = conflict. */
  expectedRevision?: number;
  actor: Actor;
  idempotencyKey?: string;
};

/** @throws AppError not-found, conflict, infeasible (its nodes can't hold it, or not beside what runs and it may not pause) */
export async function rollBack(deps: Deps, input: RollBackInput): Promise<{ operation: Operation }> {
  const seen = await findEnds(deps.db, await findOrThrow(findDeployment(deps.db, input.deploymentId), "deployment", input.deploymentId), input);
  const { planId, stages, ingressNodeIds } = seen.target;
  const { first, course } = await beginWay(deps, { deploymentId: input.deploymentId, planId, stages, ingressNodeIds, actor: input.actor });
  const started = await deps.publisher.transact(async (tx, append) => {
    const deployment = await lockDeployment(tx, input.deploymentId);
    if (!deployment) throw notFound("deployment", input.deploymentId, "deploymentId");
    // The way was looked for from what served then.
    const { current, target } = await findEnds(tx, deployment, { toRevision: seen.target.number, expectedRevision: seen.current?.number ?? 0 });
    return startMigration(deps, tx, append, { deployment, fromRevisionId: current?.id ?? null, ...first, reason: `Rolled back to revision ${target.number}.`, actor: input.actor, idempotencyKey: input.idempotencyKey, ...(course ? { course } : {}) });
  });
  deps.wake("a deployment was rolled back");
  return { operation: started.operation };
}

/** From which revision to which. */
async function findEnds(tx: Db | Tx, deployment: StoredDeployment, { toRevision, expectedRevision }: Pick<RollBackInput, "toRevision" | "expectedRevision">): Promise<{ current: StoredRevision | null; target: StoredRevision }> {
  if (deployment.desired === "stopped") throw new AppError("conflict", `${deployment.name} is stopped.`, { fix: "Start it first." });
  const [current] = deployment.currentRevisionId === null ? [] : await findRevisions(tx, [deployment.currentRevisionId]);
  if (expectedRevision !== undefined && (current?.number ?? 0) !== expectedRevision) throw new AppError("conflict", `${deployment.name} runs revision ${current?.number ?? 0}, not ${expectedRevision}.`, { place: "expectedRevision", fix: "Look at the new difference and confirm again." });
  const target = await chooseRollBackTarget(tx, deployment.id, current ?? null, toRevision);
  if (!target) throw new AppError("conflict", "There is no earlier revision to go back to.", { fix: "Deploy another plan to it." });
  await checkNodes(tx, target);
  return { current: current ?? null, target };
}

/** Null when nothing has served before. @throws AppError not-found for a number that is none */
export async function chooseRollBackTarget(tx: Db | Tx, deploymentId: string, current: StoredRevision | null, wanted: number | undefined): Promise<StoredRevision | null> {
  const revisions = await listRevisions(tx, deploymentId);
  if (wanted !== undefined) {
    const found = revisions.find((revision) => revision.number === wanted);
    if (!found) throw new AppError("not-found", `There is no revision ${wanted}.`, { place: "toRevision", fix: "The deployment lists its revisions." });
    return found;
  }
  // Only what has served can be gone back to: a revision that was never cut over to is no place of safety.
  const served = new Set((await tx.migration.findMany({ where: { deploymentId, state: "done" }, select: { toRevisionId: true } })).map((row) => row.toRevisionId));
  return revisions.find((revision) => served.has(revision.id) && revision.number < (current?.number ?? Number.POSITIVE_INFINITY)) ?? null;
}

export async function checkNodes(tx: Db | Tx, revision: StoredRevision): Promise<void> {
  for (const nodeId of new Set([...revision.stages.map((stage) => stage.nodeId), ...revision.ingressNodeIds])) {
    const node = await findNode(tx, nodeId);
    if (!node || node.removedAt) throw new AppError("conflict", `Revision ${revision.number} used a node that has left the fleet.`, { fix: "Make a new plan." });
  }
}
