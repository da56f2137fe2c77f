// Has the ingresses of a deployment let in so many requests a second, or all of them again, as adaptation decided.
import { updateDecision } from "../store/adapt-decisions.ts";
import { lockDeployment, updateDeployment } from "../store/deployments.ts";
import { finishOperation, insertOperation, type Operation } from "../store/operations.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

/** `admitPerSecond`: at all entries together; null = all. Nothing moves: it is done at once. @throws AppError not-found */
export async function limitAdmission(deps: Deps, input: { deploymentId: string; decisionId: string; admitPerSecond: number | null; actor: Actor }): Promise<Operation> {
  const { deploymentId, decisionId, admitPerSecond, actor } = input;
  const operation = await deps.publisher.transact(async (tx, append) => {
    const deployment = await lockDeployment(tx, deploymentId);
    if (!deployment) throw notFound("deployment", deploymentId, "deploymentId");
    await updateDeployment(tx, deployment.id, { settings: { ...deployment.settings, admitPerSecond } });
    const begun = await insertOperation(tx, { kind: "shed", subjectId: deployment.id, createdBy: actor, createdAt: new Date(deps.clock.now()), idempotencyKey: `adapt/${decisionId}` });
    const ended = await finishOperation(tx, begun.id, { status: "succeeded", result: { admitPerSecond } }, new Date(deps.clock.now()));
    await updateDecision(tx, decisionId, { outcome: "moved", operationId: begun.id });
    await append({ name: "deployment.serving", subjectId: deployment.id, actor, message: admitPerSecond === null ? `${deployment.name} lets all requests in again.` : `${deployment.name} lets ${admitPerSecond.toFixed(1)} requests/s in, those of a priority first: more come than anything carries.`, payload: { deploymentId: deployment.id } });
    return ended ?? begun;
  });
  deps.wake("how many requests a deployment lets in was changed");
  return operation;
}
