// Owns by what placements are valued while an SLO's budget burns: by what was promised, under the demand that comes. Pure.
import { estimatePlacement } from "../../planner/estimate.ts";
import type { Placement } from "../../planner/plan.ts";
import type { PlanRequest } from "../../planner/plan-request.ts";
import type { Problem } from "../../planner/problem.ts";

/** Of what a replica carries at most: beyond it the wait has no end, and everything that is overloaded would cost alike. */
const MOST_BUSY = 0.95;

/** `demandPerSecond`: of all `placements` together, null = not known. `problem`: today's. The SLO's share of the latency, whatever else the plan was made for. */
export function valuedRequest(problem: Problem, request: PlanRequest, placements: readonly Placement[], demandPerSecond: number | null): PlanRequest {
  const { weights: _weights, movingHorizonSeconds: _horizon, ...rules } = request;
  const carried = placements.reduce((sum, placement) => sum + (estimatePlacement(problem, placement)?.throughputPerSecond ?? 0), 0);
  const demand = Math.min(Math.max(demandPerSecond ?? 0, request.demandPerSecond ?? 0), MOST_BUSY * carried);
  return { ...rules, objective: "latency", ...(demand > 0 ? { demandPerSecond: demand } : {}) };
}
