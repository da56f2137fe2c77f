// Asks policy for the next step of every drain, and has it done. Says how far it is while it waits.
import type { Deps } from "../commands/deps.ts";
import { deploymentsOnNode } from "../commands/deployments-on-node.ts";
import { drainMoveKey } from "../commands/drain-node.ts";
import { moveOffNode } from "../commands/move-off-node.ts";
import { endOperation, publicError, reportProgress } from "../commands/run-operation.ts";
import { AppError } from "../errors.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { type DrainView, nextDrainStep } from "../policy/next-drain-step.ts";
import { findDeployment } from "../store/deployments.ts";
import { findNode } from "../store/nodes.ts";
import { listOperations, listOperationsByKey, type Operation, type OperationOutcome } from "../store/operations.ts";

/** Nobody drains more machines at once by hand; what is beyond waits for its turn. */
const MAX_DRAINS = 100;

export async function driveDrains(deps: Deps): Promise<void> {
  for (const operation of await listOperations(deps.db, { status: "running", kind: "drain", limit: MAX_DRAINS })) await driveOne(deps, operation);
}

async function driveOne(deps: Deps, operation: Operation): Promise<void> {
  const view = await readView(deps, operation);
  const step = nextDrainStep(view);
  const moved = view.deployments.filter((one) => one.ownMove?.status === "succeeded");
  const total = view.deployments.filter((one) => one.isOnNode || one.entersHere || one.ownMove).length;
  const tell = (name: string, detail: string) => reportProgress(deps, operation.id, { step: name, done: moved.length, total, unit: "items", detail });
  switch (step.action) {
    case "wait":
      tell("moving", step.reason);
      return;
    case "move":
      tell("planning", step.reason);
      try {
        await moveOffNode(deps, { operationId: operation.id, nodeId: operation.subjectId, nodeName: view.node.name, deploymentId: step.deploymentId, actor: operation.createdBy });
      } catch (error) {
        // A database that is away is tried again by the loop; a refusal is the drain's outcome.
        if (!(error instanceof AppError)) throw error;
        await end(deps, operation, { status: "failed", error: publicError(error) });
      }
      return;
    case "fail":
      await end(deps, operation, { status: "failed", error: { code: "conflict", message: step.message, fix: step.fix } });
      return;
    case "done":
      await end(deps, operation, { status: "succeeded", result: { nodeId: operation.subjectId, moved: moved.map(({ deploymentId, name }) => ({ deploymentId, name })) } });
  }
}

async function end(deps: Deps, operation: Operation, outcome: OperationOutcome): Promise<void> {
  await deps.publisher.transact((tx, append) => endOperation(deps, tx, append, operation.id, outcome, "control"));
}

async function readView(deps: Deps, operation: Operation): Promise<DrainView> {
  const nodeId = operation.subjectId;
  const [node, users, moves] = await Promise.all([findNode(deps.db, nodeId), deploymentsOnNode(deps.db, nodeId), listOperationsByKey(deps.db, drainMoveKey(operation.id, ""))]);
  const live = liveFleet(deps.db).nodes.get(nodeId);
  const ownMove = (deploymentId: string) => {
    const found = moves.find((move) => move.key === drainMoveKey(operation.id, deploymentId))?.operation;
    return found ? { status: found.status, message: found.error?.message ?? null } : null;
  };
  const here = users.map(({ deployment, isOnNode, entersHere, isMoving }) => ({ deploymentId: deployment.id, name: deployment.name, isOnNode, entersHere, isMoving, ownMove: ownMove(deployment.id) }));
  const left = moves.filter(({ operation: move }) => !here.some((one) => one.deploymentId === move.subjectId)).map(({ operation: move }) => move);
  const names = new Map(await Promise.all(left.map(async ({ subjectId }) => [subjectId, (await findDeployment(deps.db, subjectId))?.name ?? subjectId] as const)));
  return {
    node: { name: node?.name ?? nodeId, isGone: !node || node.removedAt !== null, cordoned: node?.cordoned ?? false, connected: live?.connected ?? false, heldStages: live?.assignments.length ?? 0 },
    deployments: [...here, ...left.map((move) => ({ deploymentId: move.subjectId, name: names.get(move.subjectId) ?? move.subjectId, isOnNode: false, entersHere: false, isMoving: move.status === "running", ownMove: ownMove(move.subjectId) }))],
  };
}
