// Owns planning at once, for decisions that are pure: small fleets, a bounded amount of work instead of time. Everybody else searches off the event loop.
import { buildSearch } from "./build-search.ts";
import { finishSearch, type Solution } from "./finish-search.ts";
import type { Infeasible } from "./plan.ts";
import type { PlanRequest } from "./plan-request.ts";
import type { Problem } from "./problem.ts";
import { chooseSolver } from "./search/choose-solver.ts";

/** Looks at the clock, which solvers take often: some tenths of a second of work. */
const MAX_LOOKS = 20_000;
const SEED = 1;

export function solveNow(problem: Problem, request: PlanRequest): Solution | Infeasible {
  const search = buildSearch(problem, request);
  const solver = chooseSolver(search);
  let looks = 0;
  const outcome = solver.solve(search, { now: () => ++looks, deadlineMs: MAX_LOOKS, cancelled: () => false, seed: SEED });
  const found = finishSearch(problem, request, search, outcome, { solver: solver.name, seed: SEED });
  if ("infeasible" in found) return found;
  // Its times are looks at a clock that does not tell the time.
  const { search: _search, ...origin } = found.origin;
  return { ...found, origin };
}
