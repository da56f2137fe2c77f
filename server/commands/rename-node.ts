// Gives a node another name. Its identity is its id: nothing else changes.
import { AppError } from "../errors.ts";
import { findNode, takenNodeNames, updateNode } from "../store/nodes.ts";
import type { Actor, Deps } from "./deps.ts";
import { cleanName } from "./enrol-node.ts";
import { notFound } from "./not-found.ts";

/** @throws AppError not-found, conflict (the name is taken), bad-request */
export async function renameNode(deps: Deps, input: { nodeId: string; name: string; actor: Actor }): Promise<void> {
  if (input.name.trim() === "") throw new AppError("bad-request", "A node needs a name.", { place: "name", fix: "Give one." });
  const name = cleanName(input.name);
  await deps.publisher.transact(async (tx, append) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('node-name', 0))`;
    const node = await findNode(tx, input.nodeId);
    if (!node || node.removedAt) throw notFound("node", input.nodeId, "nodeId");
    if (node.name === name) return;
    if ((await takenNodeNames(tx, name)).has(name)) throw new AppError("conflict", `Another node is named ${name}.`, { place: "name", fix: "Choose another name." });
    await updateNode(tx, node.id, { name });
    await append({ name: "node.changed", subjectId: node.id, actor: input.actor, message: `${node.name} is now ${name}.`, payload: { nodeId: node.id } });
  });
  deps.wake("a node was renamed");
}
