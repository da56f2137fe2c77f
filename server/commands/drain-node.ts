// Begins to empty a node: cordons it and writes the operation. The control loop moves one deployment after the other, each as a migration like
// any other, so that requests flow meanwhile.
import { AppError } from "../errors.ts";
import { findNode, updateNode } from "../store/nodes.ts";
import { findOperationByKey, listOperations, type Operation } from "../store/operations.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";
import { previewDrain } from "./preview-drain.ts";
import { beginOperation } from "./run-operation.ts";

/** The key under which a drain moves one deployment: what it has begun is found by it, after a restart too. */
export const drainMoveKey = (operationId: string, deploymentId: string): string => `drain/${operationId}/${deploymentId}`;

/** While the node is being drained the same operation is returned. @throws AppError not-found, infeasible (with the reasons in its details) */
export async function drainNode(deps: Deps, input: { nodeId: string; actor: Actor; idempotencyKey?: string }): Promise<Operation> {
  const known = input.idempotencyKey === undefined ? null : await findOperationByKey(deps.db, input.idempotencyKey);
  if (known) return known;
  const preview = await previewDrain(deps, input.nodeId);
  const [under] = await listOperations(deps.db, { status: "running", kind: "drain", subjectId: input.nodeId, limit: 1 });
  if (under) return under;
  const reasons = preview.deployments.flatMap((one) => one.reasons);
  if (!preview.possible) throw new AppError("infeasible", reasons[0]?.message ?? `${preview.name} can't be drained.`, { place: "nodeId", ...(reasons[0]?.fix ? { fix: reasons[0].fix } : {}), details: { reasons } });
  const operation = await deps.publisher.transact(async (tx, append) => {
    // Two that begin at once: the row's lock lets the second one see the first one's operation.
    await tx.$queryRaw`SELECT id FROM "Node" WHERE id = ${input.nodeId} FOR UPDATE`;
    const [other] = await listOperations(tx, { status: "running", kind: "drain", subjectId: input.nodeId, limit: 1 });
    if (other) return other;
    const node = await findNode(tx, input.nodeId);
    if (!node || node.removedAt) throw notFound("node", input.nodeId, "nodeId");
    await updateNode(tx, node.id, { cordoned: true });
    const count = preview.deployments.length;
    const what = count === 0 ? "nothing runs on it" : `${count} ${count === 1 ? "deployment leaves" : "deployments leave"} it`;
    await append({ name: "node.changed", subjectId: node.id, actor: input.actor, message: `${node.name} is drained: it takes no new stages, and ${what}.`, payload: { nodeId: node.id } });
    return beginOperation(deps, tx, append, { kind: "drain", subjectId: node.id, actor: input.actor, ...(input.idempotencyKey === undefined ? {} : { idempotencyKey: input.idempotencyKey }) });
  });
  deps.wake("a node is drained");
  return operation;
}
