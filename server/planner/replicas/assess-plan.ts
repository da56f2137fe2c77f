// Owns what a drawn plan is worth with all its replicas: cost, figures and refusals, in a request's objective. Pure: the canvas may ask at every move.
import { estimatePlacement } from "../estimate.ts";
import type { Estimate, Placement, Refusal, Together } from "../plan.ts";
import type { PlanRequest } from "../plan-request.ts";
import type { Problem } from "../problem.ts";
import { checkReplicas } from "./check-replicas.ts";
import { combineReplicas } from "./combine-replicas.ts";
import { enteredAtFirst } from "./entered-at-first.ts";
import { ofOneReplica } from "./of-one-replica.ts";
import { wholeCost } from "./whole-cost.ts";

export type AssessedPlan = {
  /** What cost and refusals speak of: the whole plan, or one of the replicas that are asked for, the others not being given. */
  of: "plan" | "replica";
  cost: number | null;
  /** Of the first. */
  estimate: Estimate | null;
  refusals: Refusal[];
  /** Further ones; absent = none given. */
  replicas?: { placement: Placement; estimate: Estimate | null }[];
  together?: Together;
};

/** `request`: of all replicas. `placements`: at least one. */
export function assessPlan(drawn: Problem, request: PlanRequest, placements: readonly Placement[], running: readonly Placement[] | null = null): AssessedPlan {
  const [first = []] = placements;
  if (placements.length < 2) {
    const one = ofOneReplica(request);
    const estimate = estimatePlacement(drawn, first);
    return { of: typeof request.replicas === "number" && request.replicas > 1 ? "replica" : "plan", cost: estimate && wholeCost(drawn, one, { estimates: [estimate], running }), estimate, refusals: checkReplicas(drawn, [first], { request: one, running }) };
  }
  const problem = enteredAtFirst(drawn, first);
  const all = placements.map((placement) => ({ placement, estimate: estimatePlacement(problem, placement) }));
  const estimates = all.flatMap(({ estimate }) => estimate ?? []);
  const known = estimates.length === all.length;
  return {
    of: "plan", cost: known ? wholeCost(problem, request, { estimates, running }) : null, estimate: all[0]?.estimate ?? null, refusals: checkReplicas(drawn, placements, { request, running }),
    replicas: all.slice(1), ...(known ? { together: combineReplicas(problem, estimates) } : {}),
  };
}
