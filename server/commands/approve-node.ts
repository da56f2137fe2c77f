// Lets a node that waits for it take work: from now on it gets models and stages, and stands in the drawings that follow the fleet.
import { findNode, updateNode } from "../store/nodes.ts";
import { addLiveNode } from "./add-live-node.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

/** Does nothing for a node that is approved. @throws AppError not-found */
export async function approveNode(deps: Deps, input: { nodeId: string; actor: Actor }): Promise<void> {
  await deps.publisher.transact(async (tx, append) => {
    const node = await findNode(tx, input.nodeId);
    if (!node || node.removedAt) throw notFound("node", input.nodeId, "nodeId");
    if (node.approvedAt !== null) return;
    await updateNode(tx, node.id, { approvedAt: new Date(deps.clock.now()), approvedBy: input.actor });
    await addLiveNode(deps, tx, append, { nodeId: node.id, name: node.name });
    await append({ name: "node.approved", subjectId: node.id, actor: input.actor, message: `${node.name} was approved: it may take work.`, payload: { nodeId: node.id, name: node.name } });
  });
  deps.wake("a node was approved");
}
