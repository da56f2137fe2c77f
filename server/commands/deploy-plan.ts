// Moves a running deployment to another plan, while it serves: beside what runs, or step by step, or, where that is allowed and nothing else fits, with a pause.
import { AppError } from "../errors.ts";
import { findRevisions, lockDeployment, updateDeployment } from "../store/deployments.ts";
import type { Operation } from "../store/operations.ts";
import { findPlan } from "../store/plans.ts";
import { beginWay } from "./begin-way.ts";
import type { Actor, Deps } from "./deps.ts";
import { checkIngress } from "./check-ingress.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { notFound } from "./not-found.ts";
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
  const wanted = input.ingressNodeIds && (await checkIngress(deps.db, input.ingressNodeIds));
  const plan = await findOrThrow(findPlan(deps.db, input.planId), "plan", input.planId);
  const { first, course } = await beginWay(deps, { deploymentId: input.deploymentId, planId: input.planId, ingressNodeIds: wanted, actor: input.actor });
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
    const started = await startMigration(deps, tx, append, { deployment, fromRevisionId: current?.id ?? null, planId: first.planId, stages: first.stages, ingressNodeIds: first.ingressNodeIds, reason, actor: input.actor, idempotencyKey: input.idempotencyKey, ...(course ? { course } : {}) });
    // A trial takes both revisions whole at once.
    if (input.tried && !course && deployment.settings.canary) await updateDeployment(tx, deployment.id, { settings: { ...deployment.settings, canaryMigrationId: started.migrationId } });
    return started;
  });
  deps.wake("a plan was deployed");
  return started;
}
