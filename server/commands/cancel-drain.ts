// Stops a drain. What has left stays away, what is on its way turns back where it still can, and the node stays cordoned until it is uncordoned.
import { AppError } from "../errors.ts";
import { findNode } from "../store/nodes.ts";
import { findOperation, listOperationsByKey, type Operation } from "../store/operations.ts";
import { cancelMigration } from "./cancel-migration.ts";
import type { Actor, Deps } from "./deps.ts";
import { drainMoveKey } from "./drain-node.ts";
import { endOperation } from "./run-operation.ts";

export async function cancelDrain(deps: Deps, operation: Operation, actor: Actor): Promise<Operation> {
  const node = await findNode(deps.db, operation.subjectId);
  const message = `It was cancelled. ${node?.name ?? "The node"} stays cordoned.`;
  // The drain first: its loop must not begin another move in between.
  const ended = await deps.publisher.transact((tx, append) => endOperation(deps, tx, append, operation.id, { status: "cancelled", error: { code: "cancelled", message, fix: "Uncordon it, so that it takes stages again." } }, actor));
  for (const { operation: move } of await listOperationsByKey(deps.db, drainMoveKey(operation.id, ""))) {
    if (move.status !== "running") continue;
    await cancelMigration(deps, { deploymentId: move.subjectId, actor }).catch((error) => {
      // Past cutover it can't turn back: it comes to its end by itself.
      if (!(error instanceof AppError && error.code === "conflict")) throw error;
    });
  }
  return ended ?? ((await findOperation(deps.db, operation.id)) as Operation);
}
