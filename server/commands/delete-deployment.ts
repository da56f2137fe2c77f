// Removes a stopped deployment. Its rows stay for the event log; its name is free again.
import { AppError } from "../errors.ts";
import { lockDeployment, updateDeployment } from "../store/deployments.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

/** @throws AppError not-found, conflict (it runs) */
export async function deleteDeployment(deps: Deps, input: { deploymentId: string; actor: Actor }): Promise<void> {
  await deps.publisher.transact(async (tx, append) => {
    const deployment = await lockDeployment(tx, input.deploymentId);
    if (!deployment) throw notFound("deployment", input.deploymentId, "deploymentId");
    if (deployment.desired === "running") throw new AppError("conflict", `${deployment.name} is not stopped.`, { fix: "Stop it first." });
    await updateDeployment(tx, deployment.id, { deletedAt: new Date(deps.clock.now()), name: `${deployment.name} (deleted ${deployment.id})` });
    await append({ name: "deployment.stopped", subjectId: deployment.id, actor: input.actor, message: `${deployment.name} was deleted.`, payload: { deploymentId: deployment.id } });
  });
  deps.wake("a deployment was deleted");
}
