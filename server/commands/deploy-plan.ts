// Moves a running deployment to another plan, while it serves.
import { AppError } from "../errors.ts";
import type { RevisionStage } from "../policy/snapshot.ts";
import { findDeployment, findRevisions, lockDeployment, updateDeployment } from "../store/deployments.ts";
import type { Operation } from "../store/operations.ts";
import type { Actor, Deps } from "./deps.ts";
import { checkIngress } from "./check-ingress.ts";
import { notFound } from "./not-found.ts";
import { resolveStages } from "./resolve-stages.ts";
import { startMigration } from "./start-migration.ts";

export type DeployPlanInput = {
  deploymentId: string;
  planId: string;
  /** Number of the revision the caller saw serving; 0 = none. Another one by now = conflict. */
  expectedRevision: number;
  /** Where requests enter from then on; left out = where they enter now. */
  ingressNodeIds?: string[];
  reason?: string;
  /** Stop for a trial where the deployment's settings say how; moves that mend something do not. */
  tried?: boolean;
  actor: Actor;
  idempotencyKey?: string;
};

/** @throws AppError not-found, conflict, infeasible, bad-request (another model) */
export async function deployPlan(deps: Deps, input: DeployPlanInput): Promise<{ operation: Operation; migrationId: string; revisionId: string }> {
  const { plan, stages } = await resolveStages(deps, input.planId, input.deploymentId, await loadedStages(deps, input.deploymentId));
  const wanted = input.ingressNodeIds && (await checkIngress(deps.db, input.ingressNodeIds));
  const started = await deps.publisher.transact(async (tx, append) => {
    const deployment = await lockDeployment(tx, input.deploymentId);
    if (!deployment) throw notFound("deployment", input.deploymentId, "deploymentId");
    if (plan.modelId !== deployment.modelId) throw new AppError("bad-request", "The plan is of another model.", { place: "planId", fix: "Create a deployment of its own for it." });
    if (deployment.desired === "stopped") throw new AppError("conflict", `${deployment.name} is stopped.`, { fix: "Start it first." });
    const [current] = deployment.currentRevisionId === null ? [] : await findRevisions(tx, [deployment.currentRevisionId]);
    if ((current?.number ?? 0) !== input.expectedRevision) {
      throw new AppError("conflict", `${deployment.name} runs revision ${current?.number ?? 0}, not ${input.expectedRevision}.`, { place: "expectedRevision", fix: "Look at the new difference and confirm again.", details: { currentRevision: current?.number ?? 0 } });
    }
    const reason = input.reason?.trim() || `Plan ${plan.revision} was deployed.`;
    const started = await startMigration(deps, tx, append, { deployment, fromRevisionId: current?.id ?? null, planId: plan.id, stages, ingressNodeIds: wanted ?? deployment.settings.ingressNodeIds, reason, actor: input.actor, idempotencyKey: input.idempotencyKey });
    if (input.tried && deployment.settings.canary) await updateDeployment(tx, deployment.id, { settings: { ...deployment.settings, canaryMigrationId: started.migrationId } });
    return started;
  });
  deps.wake("a plan was deployed");
  return started;
}

/** Of the revision that serves now. */
async function loadedStages(deps: Deps, deploymentId: string): Promise<RevisionStage[]> {
  const revisionId = (await findDeployment(deps.db, deploymentId))?.currentRevisionId;
  const [revision] = revisionId ? await findRevisions(deps.db, [revisionId]) : [];
  return revision?.stages ?? [];
}
