// Takes a node out of the fleet for good: its certificate opens nothing any more.
import { AppError } from "../errors.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { deleteDesiredDocument } from "../store/desired-documents.ts";
import { deleteLinksOf } from "../store/links.ts";
import { deleteMeasureTask, listMeasureTasks } from "../store/measure-tasks.ts";
import { findNode, updateNode } from "../store/nodes.ts";
import { removeLiveNode } from "./add-live-node.ts";
import { deploymentsOnNode } from "./deployments-on-node.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

/** @throws AppError not-found, conflict (it holds stages or lets requests in) */
export async function removeNode(deps: Deps, input: { nodeId: string; actor: Actor }): Promise<void> {
  const { nodeId } = input;
  const now = new Date(deps.clock.now());
  await deps.publisher.transact(async (tx, append) => {
    const node = await findNode(tx, nodeId);
    if (!node || node.removedAt) throw notFound("node", nodeId, "nodeId");
    const users = (await deploymentsOnNode(tx, nodeId)).map((one) => one.deployment.name);
    if (users.length > 0) throw new AppError("conflict", `${node.name} is in use by ${users.join(", ")}.`, { place: "nodeId", fix: "Drain the node, or stop the deployment, then remove the node." });
    // Its name is free for another one; the row stays for what the event log says of it.
    await updateNode(tx, nodeId, { removedAt: now, name: `${node.name} (removed ${nodeId})` });
    await deleteLinksOf(tx, nodeId);
    for (const { task } of await listMeasureTasks(tx, nodeId)) await deleteMeasureTask(tx, task.taskId);
    await deleteDesiredDocument(tx, nodeId);
    await removeLiveNode(deps, tx, append, nodeId);
    await append({ name: "node.removed", subjectId: nodeId, actor: input.actor, message: `${node.name} was removed from the fleet.`, payload: { nodeId } });
  });
  forgetNode(deps, nodeId);
  deps.wake("a node was removed");
}

/** In memory, and its connection: also where another console removed it. */
export function forgetNode(deps: Pick<Deps, "db">, nodeId: string): void {
  const fleet = liveFleet(deps.db);
  fleet.nodes.delete(nodeId);
  fleet.desired.delete(nodeId);
  for (const key of fleet.links.keys()) if (key.split(">").includes(nodeId)) fleet.links.delete(key);
  for (const listener of fleet.removalListeners) listener(nodeId, "This node was removed from the fleet.");
}
