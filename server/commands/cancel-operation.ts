import { deleteMeasureTask, listMeasureTasks } from "../store/measure-tasks.ts";
import { findOperation, type Operation } from "../store/operations.ts";
import { cancelMigration } from "./cancel-migration.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { cancelDrain } from "./cancel-drain.ts";
import { cancelStop } from "./cancel-stop.ts";
import { abortOperation, endOperation, waitForOperation } from "./run-operation.ts";

/** Work told to stop answers within this; it cleans up after itself. */
const CANCEL_WAIT_SECONDS = 5;

/** Finished ones stay as they are. @throws AppError not-found, conflict (past the point where it can be cancelled) */
export async function cancelOperation(deps: Deps, operationId: string, actor: Actor): Promise<Operation> {
  const operation = await findOrThrow(findOperation(deps.db, operationId), "operation", operationId);
  if (operation.status !== "running") return operation;
  if (abortOperation(operationId)) return waitForOperation(deps, operationId, CANCEL_WAIT_SECONDS);
  if (deps.peers?.others().some((other) => other.id === operation.runBy)) {
    deps.peers.tell({ kind: "abort", operationId });
    return waitForOperation(deps, operationId, CANCEL_WAIT_SECONDS);
  }
  if (operation.kind === "deploy" || operation.kind === "move") {
    await cancelMigration(deps, { deploymentId: operation.subjectId, actor });
    return waitForOperation(deps, operationId, CANCEL_WAIT_SECONDS);
  }
  if (operation.kind === "stop") return cancelStop(deps, operation, actor);
  if (operation.kind === "drain") return cancelDrain(deps, operation, actor);
  await deps.publisher.transact(async (tx, append) => {
    for (const stored of await listMeasureTasks(tx)) if (stored.operationId === operationId) await deleteMeasureTask(tx, stored.task.taskId);
    await endOperation(deps, tx, append, operationId, { status: "cancelled", error: { code: "cancelled", message: "It was cancelled.", fix: null } }, actor);
  });
  deps.wake("an operation was cancelled");
  return findOrThrow(findOperation(deps.db, operationId), "operation", operationId);
}
