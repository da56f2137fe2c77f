// Starts a stopped or failed deployment again, with the stages it had last.
import { AppError } from "../errors.ts";
import { listRevisions, lockDeployment, updateDeployment } from "../store/deployments.ts";
import type { Operation } from "../store/operations.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";
import { checkNodes } from "./roll-back.ts";
import { startMigration } from "./start-migration.ts";

/** @throws AppError not-found, conflict (it runs, or a node of it has left) */
export async function startDeployment(deps: Deps, input: { deploymentId: string; actor: Actor; idempotencyKey?: string }): Promise<{ operation: Operation }> {
  const started = await deps.publisher.transact(async (tx, append) => {
    const deployment = await lockDeployment(tx, input.deploymentId);
    if (!deployment) throw notFound("deployment", input.deploymentId, "deploymentId");
    if (deployment.desired === "running" && deployment.currentRevisionId !== null) throw new AppError("conflict", `${deployment.name} runs already.`, { fix: "Nothing to do; to change where it runs, deploy another plan to it." });
    const revisions = await listRevisions(tx, deployment.id);
    const last = revisions.find((revision) => revision.id === deployment.currentRevisionId) ?? revisions[0];
    if (!last) throw new AppError("conflict", `${deployment.name} has no revision.`, { fix: "Deploy a plan to it." });
    await checkNodes(tx, last);
    // Nothing serves until cutover, so there is nothing to go back to.
    await updateDeployment(tx, deployment.id, { desired: "running", currentRevisionId: null, settings: { ...deployment.settings, ingressNodeIds: last.ingressNodeIds, stoppedAtMs: null } });
    return startMigration(deps, tx, append, { deployment, fromRevisionId: null, planId: last.planId, stages: last.stages, ingressNodeIds: last.ingressNodeIds, reason: "It was started again.", actor: input.actor, idempotencyKey: input.idempotencyKey });
  });
  deps.wake("a deployment was started");
  return { operation: started.operation };
}
