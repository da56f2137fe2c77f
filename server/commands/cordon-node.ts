// Keeps new stages away from a node, or lets them come again. What runs there goes on.
import { findNode, updateNode } from "../store/nodes.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

/** @throws AppError not-found */
export async function cordonNode(deps: Deps, input: { nodeId: string; cordoned: boolean; actor: Actor }): Promise<void> {
  await deps.publisher.transact(async (tx, append) => {
    const node = await findNode(tx, input.nodeId);
    if (!node || node.removedAt) throw notFound("node", input.nodeId, "nodeId");
    if (node.cordoned === input.cordoned) return;
    await updateNode(tx, node.id, { cordoned: input.cordoned });
    const message = input.cordoned ? `${node.name} takes no new stages.` : `${node.name} takes new stages again.`;
    await append({ name: "node.changed", subjectId: node.id, actor: input.actor, message, payload: { nodeId: node.id } });
  });
  deps.wake("a node was cordoned or uncordoned");
}
