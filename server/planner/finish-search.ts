// Owns what a search's outcome means for people: a placement with its estimate and guarantee, or the reasons why there is none.
import { toPlacement } from "./build-instance.ts";
import { checkPlacement } from "./check-placement.ts";
import { estimatePlacement } from "./estimate.ts";
import { plainReasons } from "./explain/plain-reasons.ts";
import type { Estimate, Infeasible, Placement, Plan } from "./plan.ts";
import type { PlanRequest } from "./plan-request.ts";
import type { Problem } from "./problem.ts";
import { gapOf, type Outcome, type SearchRequest } from "./search/solver.ts";

export type Solution = { placement: Placement; estimate: Estimate; origin: Extract<Plan["origin"], { by: "solver" }> };
export type SearchFacts = { solver: string; seed: number; /** What each replica ran when it was asked. */ running?: readonly Placement[] | null };

export function finishSearch(problem: Problem, request: PlanRequest, search: SearchRequest, outcome: Outcome, { solver, seed, running = null }: SearchFacts): Solution | Infeasible {
  if (outcome.stages === null) return { infeasible: true, refusals: plainReasons(problem, request, outcome) };
  const placement = toPlacement(problem, search.instance, outcome.stages);
  const estimate = estimatePlacement(problem, placement);
  // The checks of the canvas have the last word, whatever a solver says.
  const refusals = checkPlacement(problem, placement, { request, running });
  if (!estimate || refusals.length > 0) return { infeasible: true, refusals };
  const gap = gapOf(outcome);
  return {
    placement,
    estimate,
    origin: {
      by: "solver", solver, objective: request.objective, cost: outcome.cost,
      lowerBound: Number.isFinite(outcome.bound) ? outcome.bound : null, gap: Number.isFinite(gap) ? gap : null, proved: outcome.proved,
      search: { seed, elapsedMs: outcome.elapsedMs, firstMs: outcome.firstMs, bestMs: outcome.bestMs, foundBy: outcome.by },
    },
  };
}
