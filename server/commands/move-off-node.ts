// Moves one deployment off a node that is drained: plans it anew without the node and starts the migration, under the drain's key. Where its
// requests enter there, they enter elsewhere with the new revision.
import { AppError } from "../errors.ts";
import { findOperation, findOperationByKey, type Operation } from "../store/operations.ts";
import { cancelMigration } from "./cancel-migration.ts";
import { checkPlanParity } from "./check-plan-parity.ts";
import { createPlan } from "./create-plan.ts";
import { deploymentsOnNode } from "./deployments-on-node.ts";
import { deployPlan } from "./deploy-plan.ts";
import type { Actor, Deps } from "./deps.ts";
import { drainMoveKey } from "./drain-node.ts";
import { moveDrawnEntry } from "./move-drawn-entry.ts";
import { placeOff } from "./place-off.ts";

/** `actor`: who asked for the drain. Null when the deployment has left by itself, or the drain has ended. @throws AppError infeasible, conflict */
export async function moveOffNode(deps: Deps, input: { operationId: string; nodeId: string; nodeName: string; deploymentId: string; actor: Actor }): Promise<Operation | null> {
  const key = drainMoveKey(input.operationId, input.deploymentId);
  const known = await findOperationByKey(deps.db, key);
  if (known) return known;
  const one = (await deploymentsOnNode(deps.db, input.nodeId)).find(({ deployment }) => deployment.id === input.deploymentId);
  if (!one?.isOnNode && !one?.entersHere) return null;
  // Planned again now: between the preview and this step the fleet may have changed.
  const placed = await placeOff(deps, one, input.nodeId);
  if ("reasons" in placed) throw new AppError("infeasible", placed.reasons[0]?.message ?? "Its layers have nowhere to go.", { ...(placed.reasons[0]?.fix ? { fix: placed.reasons[0].fix } : {}), details: { reasons: placed.reasons } });
  const { modelId, topologyId } = one.deployment;
  const { entry } = placed;
  if (entry) await moveDrawnEntry(deps, { topologyId, fromNodeId: input.nodeId, toDrawnId: entry.drawnId, actor: input.actor });
  const { plan, created } = await createPlan(deps, { modelId, topologyId, placement: placed.to.placement, ...(placed.to.replicas ? { replicas: placed.to.replicas } : {}), origin: placed.to.origin }, input.actor);
  if (created) await checkPlanParity(deps, plan.id, input.actor);
  // Planning takes its time; a drain that was cancelled meanwhile begins nothing.
  if ((await findOperation(deps.db, input.operationId))?.status !== "running") return null;
  const { operation } = await deployPlan(deps, { deploymentId: input.deploymentId, planId: plan.id, expectedRevision: one.current?.number ?? 0, ...(entry ? { ingressNodeIds: entry.ingressNodeIds } : {}), reason: `${input.nodeName} is drained.${entry ? ` Requests enter at ${entry.node.name} from cutover on.` : ""}`, actor: input.actor, idempotencyKey: key });
  // A cancel that came between the look above and the move's first row has not seen the move: it is turned back here.
  if ((await findOperation(deps.db, input.operationId))?.status !== "running") await cancelMigration(deps, { deploymentId: input.deploymentId, actor: input.actor });
  return operation;
}
