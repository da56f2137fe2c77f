// Owns which solver answers which request, and every solver by its name.
import { BASELINES } from "../baselines/baselines.ts";
import { solveAdditive } from "./solve-additive.ts";
import { solveBesideLoaded } from "./solve-beside-loaded.ts";
import { solveBottleneck } from "./solve-bottleneck.ts";
import { solveUnderDemand } from "./solve-under-demand.ts";
import { solveBottleneckWithin, solveSum } from "./solve-within-slo.ts";
import type { SearchRequest, Solver } from "./solver.ts";

/** Cutplane's own for this request. */
export function chooseSolver({ instance: { limits, loaded = [] }, objective }: ForSolver): Solver {
  if (loaded.length > 0) return besideLoaded;
  if (objective.kind === "demand") return solveUnderDemand;
  if (objective.kind === "additive") return limits.slo ? solveSum : solveAdditive;
  return limits.slo ? bottleneckWithin : solveBottleneck;
}

type ForSolver = Pick<SearchRequest, "objective"> & { instance: Pick<SearchRequest["instance"], "limits" | "loaded"> };
const bottleneckWithin: Solver = { name: "throughput-slo/1", label: "Cutplane (throughput)", solve: solveBottleneckWithin };

const besideLoaded: Solver = { name: "beside-loaded/1", label: "Cutplane", solve: (request, context) => solveBesideLoaded(request, chooseSolver, context) };

const OWN: Solver = { name: "cutplane/1", label: "Cutplane", solve: (request, context) => chooseSolver(request).solve(request, context) };
/** Each answers every request: Cutplane's own first, then the rules of others. */
export const SOLVERS: readonly (Solver & { source?: string })[] = [OWN, ...BASELINES];

export function findSolver(name: string): Solver | undefined {
  return SOLVERS.find((solver) => solver.name === name);
}
