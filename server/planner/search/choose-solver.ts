// Owns which solver answers which request, and every solver by its name.
import { BASELINES } from "../baselines/baselines.ts";
import { solveAdditive } from "./solve-additive.ts";
import { solveBottleneck } from "./solve-bottleneck.ts";
import type { SearchRequest, Solver } from "./solver.ts";

/** Cutplane's own for this request. */
export function chooseSolver({ objective }: Pick<SearchRequest, "objective">): Solver {
  return objective.kind === "additive" ? solveAdditive : solveBottleneck;
}

const OWN: Solver = { name: "cutplane/1", label: "Cutplane", solve: (request, context) => chooseSolver(request).solve(request, context) };
/** Each answers every request: Cutplane's own first, then the rules of others. */
export const SOLVERS: readonly (Solver & { source?: string })[] = [OWN, ...BASELINES];

export function findSolver(name: string): Solver | undefined {
  return SOLVERS.find((solver) => solver.name === name);
}
