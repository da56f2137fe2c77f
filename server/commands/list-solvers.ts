// Lists everything that plans. Who asks is about to plan: a search thread warms up meanwhile.
import { SOLVERS } from "../planner/search/choose-solver.ts";
import { warmSearches } from "../threads/run-search.ts";

/** `source`: paper or code that the rule is from; null = Cutplane's own. */
export type ListedSolver = { name: string; label: string; source: string | null };

export function listSolvers(): ListedSolver[] {
  warmSearches();
  return SOLVERS.map(({ name, label, source = null }) => ({ name, label, source }));
}
