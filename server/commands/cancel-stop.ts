// Calls a stop off while what is in flight still finishes: the stages are there, so that the deployment goes on serving at once.
import { AppError } from "../errors.ts";
import { readSnapshot } from "../live/read-snapshot.ts";
import { stopProgress } from "../policy/stop-progress.ts";
import { lockDeployment, updateDeployment } from "../store/deployments.ts";
import { findOperation, type Operation } from "../store/operations.ts";
import type { Actor, Deps } from "./deps.ts";
import { endOperation } from "./run-operation.ts";

/** @throws AppError conflict (its segments are being unloaded, or nothing served before) */
export async function cancelStop(deps: Deps, operation: Operation, actor: Actor): Promise<Operation> {
  const snapshot = await readSnapshot(deps.db, deps.clock.now());
  const view = snapshot.deployments.find((one) => one.deploymentId === operation.subjectId);
  if (!view || !stopProgress(snapshot, view).cancellable) throw new AppError("conflict", "Its segments are being unloaded.", { place: operation.id, fix: "Start the deployment again once it has stopped." });
  await deps.publisher.transact(async (tx, append) => {
    const deployment = await lockDeployment(tx, operation.subjectId);
    // It may have ended, or been called off, meanwhile.
    if (deployment?.desired !== "stopped" || (await findOperation(tx, operation.id))?.status !== "running") return;
    await updateDeployment(tx, deployment.id, { desired: "running", settings: { ...deployment.settings, stoppedAtMs: null } });
    const message = `The stop of ${deployment.name} was cancelled: it goes on serving.`;
    await append({ name: "deployment.resumed", subjectId: deployment.id, actor, message, payload: { deploymentId: deployment.id } });
    await endOperation(deps, tx, append, operation.id, { status: "cancelled", error: { code: "cancelled", message, fix: null } }, actor);
  });
  deps.wake("a stop was cancelled");
  return (await findOperation(deps.db, operation.id)) as Operation;
}
