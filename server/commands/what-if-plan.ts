// Owns what a change of a placement costs in a request's objective, against another one.
import { checkPlacement } from "../planner/check-placement.ts";
import { estimatePlacement } from "../planner/estimate.ts";
import { placementCost } from "../planner/placement-cost.ts";
import type { Estimate, Placement, Refusal } from "../planner/plan.ts";
import type { PlanRequest } from "../planner/plan-request.ts";
import { ofOneReplica } from "../planner/replicas/of-one-replica.ts";
import type { Deps } from "./deps.ts";
import { loadProblem } from "./load-problem.ts";
import { runningReplicas } from "./running-replicas.ts";

export type WhatIfInput = PlanRequest & { modelId: string; topologyId: string; deploymentId?: string; placement: Placement; against?: Placement };
export type WhatIfSide = { cost: number | null; estimate: Estimate | null; refusals: Refusal[] };
export type WhatIfAnswer = WhatIfSide & { against: WhatIfSide | null; /** Cost − cost of the other; null where one of them has none. */ difference: number | null };

export async function whatIfPlan(deps: Deps, input: WhatIfInput): Promise<WhatIfAnswer> {
  const { modelId, topologyId, deploymentId, placement, against, ...asked } = input;
  const request = ofOneReplica(asked);
  const [{ problem }, running] = await Promise.all([loadProblem(deps, { modelId, topologyId, beside: deploymentId ?? null }), runningReplicas(deps, input)]);
  const sideOf = (one: Placement): WhatIfSide => {
    const estimate = estimatePlacement(problem, one);
    return { cost: estimate && placementCost(problem, request, estimate, running), estimate, refusals: checkPlacement(problem, one, { request, running }) };
  };
  const side = sideOf(placement);
  const other = against === undefined ? null : sideOf(against);
  return { ...side, against: other, difference: side.cost === null || other === null || other.cost === null ? null : side.cost - other.cost };
}
