// Owns the plan that has a whole model on one node of a drawing: made and checked like any other, or the one that is there.
import type { StoredPlan } from "../../store/plans.ts";
import { checkPlanParity } from "../check-plan-parity.ts";
import { createPlan } from "../create-plan.ts";
import type { Actor, Deps } from "../deps.ts";
import { awaitOperation } from "./await-operation.ts";

/** @throws AppError infeasible when the node cannot hold it, or may not run it; what the signal says */
export async function planOnNode(deps: Deps, { modelId, topologyId, topologyNodeId, layerCount, actor, signal }: { modelId: string; topologyId: string; topologyNodeId: string; layerCount: number; actor: Actor; signal: AbortSignal }): Promise<StoredPlan> {
  const { plan, created } = await createPlan(deps, { modelId, topologyId, placement: [{ from: 0, to: layerCount, topologyNodeId }] }, actor);
  if (created) await awaitOperation(deps, (await checkPlanParity(deps, plan.id, actor)).id, signal);
  return plan;
}
