// Owns what a change of a plan costs in a request's objective, against another one; each with its replicas.
import type { Placement } from "../planner/plan.ts";
import type { PlanRequest } from "../planner/plan-request.ts";
import { type AssessedPlan, assessPlan } from "../planner/replicas/assess-plan.ts";
import type { Deps } from "./deps.ts";
import { loadProblem } from "./load-problem.ts";
import { runningReplicas } from "./running-replicas.ts";

type Further = { placement: Placement }[];
export type WhatIfInput = Omit<PlanRequest, "replicas"> & { modelId: string; topologyId: string; deploymentId?: string; placement: Placement; against?: Placement; replicas?: PlanRequest["replicas"]; /** Further replicas of each side. */ further?: Further; againstFurther?: Further };
export type WhatIfAnswer = AssessedPlan & { against: AssessedPlan | null; /** Cost − cost of the other; null where one of them has none, or one is a whole plan and the other one replica of several. */ difference: number | null };

export async function whatIfPlan(deps: Deps, input: WhatIfInput): Promise<WhatIfAnswer> {
  const { modelId, topologyId, deploymentId, placement, against, further = [], againstFurther = [], ...request } = input;
  const [{ problem }, running] = await Promise.all([loadProblem(deps, { modelId, topologyId, beside: deploymentId ?? null }), runningReplicas(deps, input)]);
  const sideOf = (first: Placement, others: Further) => assessPlan(problem, request, [first, ...others.map((one) => one.placement)], running);
  const side = sideOf(placement, further);
  const other = against === undefined ? null : sideOf(against, againstFurther);
  return { ...side, against: other, difference: side.cost === null || other === null || other.cost === null || side.of !== other.of ? null : side.cost - other.cost };
}
