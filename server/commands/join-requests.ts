// Has the ingresses of a deployment run more or fewer requests together, as adaptation decided within what its operator allows.
import { updateDecision } from "../store/adapt-decisions.ts";
import { lockDeployment, updateDeployment } from "../store/deployments.ts";
import { finishOperation, insertOperation, type Operation } from "../store/operations.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

/** Nothing moves: it is done at once. Null = it is not left to adaptation any more, or not so many; the record says so. @throws AppError not-found */
export async function joinRequests(deps: Deps, input: { deploymentId: string; decision: { id: string; reason: string }; batch: { maxSize: number; maxDelayMs: number }; actor: Actor }): Promise<Operation | null> {
  const { deploymentId, decision, batch: { maxSize, maxDelayMs }, actor } = input;
  const operation = await deps.publisher.transact(async (tx, append) => {
    const deployment = await lockDeployment(tx, deploymentId);
    if (!deployment) throw notFound("deployment", deploymentId, "deploymentId");
    const { batching } = deployment.settings;
    if (!batching?.whenNeeded || maxSize > batching.maxSize || maxDelayMs > batching.maxDelayMs) {
      await updateDecision(tx, decision.id, { outcome: "expired", reason: `${decision.reason} Not done: what may run together was changed meanwhile.` });
      return null;
    }
    const batchNow = maxSize > 1 ? { maxSize, maxDelayMs } : null;
    await updateDeployment(tx, deployment.id, { settings: { ...deployment.settings, batchNow } });
    const begun = await insertOperation(tx, { kind: "batch", subjectId: deployment.id, createdBy: actor, createdAt: new Date(deps.clock.now()), idempotencyKey: `adapt/${decision.id}` });
    const ended = await finishOperation(tx, begun.id, { status: "succeeded", result: { maxSize, maxDelayMs } }, new Date(deps.clock.now()));
    await updateDecision(tx, decision.id, { outcome: "moved", operationId: begun.id });
    await append({ name: "deployment.serving", subjectId: deployment.id, actor, message: batchNow === null ? `${deployment.name} runs each request alone again.` : `${deployment.name} joins up to ${maxSize} requests, which wait at most ${Number(maxDelayMs.toPrecision(3))} ms for each other.`, payload: { deploymentId: deployment.id } });
    return ended ?? begun;
  });
  if (operation) deps.wake("how many requests of a deployment run together was changed");
  return operation;
}
