// Cutplane's own solvers, as the benchmark asks them: the one that answers the objective.
import { BASELINES } from "../../server/planner/baselines/baselines.ts";
import { solveAdditive } from "../../server/planner/search/solve-additive.ts";
import { solveBottleneck } from "../../server/planner/search/solve-bottleneck.ts";
import type { Outcome, SearchObjective, SearchRequest, Solver } from "../../server/planner/search/solver.ts";
import { LATENCY_WEIGHTS } from "../../server/planner/search/additive-costs.ts";
import { checkClaim } from "../../server/planner/check-claim.ts";

export const LATENCY: SearchObjective = { kind: "additive", weights: LATENCY_WEIGHTS };
export const BOTTLENECK: SearchObjective = { kind: "bottleneck" };

export const ourSolver = (objective: SearchObjective): Solver => (objective.kind === "bottleneck" ? solveBottleneck : solveAdditive);

/** Rules whose plans are chains of stages, to be compared in this objective. */
export const rivals = (): readonly Solver[] => BASELINES;

/**
 * Milliseconds of processor time of this process, its collector and compiler included: what a wait would be on a core of one's own. Other programs of the machine lengthen a wall clock's figures
 * at random; and a budget by the wall clock would then be unequal for planners that take turns.
 */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Within a budget of processor time from now. Every answer is reckoned again by the checker before it counts. */
export function solveWithin(solver: Solver, request: SearchRequest, budgetMs: number, seed = 1): Outcome {
  const outcome = solver.solve(request, { now: cpuMs, deadlineMs: cpuMs() + budgetMs, cancelled: () => false, seed });
  const wrong = checkClaim(request, outcome);
  if (wrong.length > 0) throw new Error(`${solver.name} says what is not true: ${JSON.stringify(wrong[0])}`);
  return outcome;
}
