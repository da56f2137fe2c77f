// Owns which solver answers which request, and every solver by its name.
import { BASELINES } from "../baselines/baselines.ts";
import { solveAdditive } from "./solve-additive.ts";
import { solveBottleneck } from "./solve-bottleneck.ts";
import type { SearchRequest, Solver } from "./solver.ts";
import { subsetChain } from "./subset-chain.ts";

export const SOLVERS: readonly Solver[] = [solveAdditive, solveBottleneck, subsetChain, ...BASELINES];

/** Cutplane's own for this request. */
export function chooseSolver({ objective }: Pick<SearchRequest, "objective">): Solver {
  return objective.kind === "additive" ? solveAdditive : solveBottleneck;
}

export function findSolver(name: string): Solver | undefined {
  return SOLVERS.find((solver) => solver.name === name);
}
