// Brute force as a solver: what the contract of solvers is itself tried on.
import { evaluate } from "../evaluate.ts";
import type { Solver } from "../search/solver.ts";
import { bruteForce } from "./brute-force.ts";

export const bruteForceSolver: Solver = {
  name: "brute-force/1",
  label: "Brute force",
  solve(request, context) {
    const startMs = context.now();
    const { stages, cost } = bruteForce(request);
    const elapsedMs = context.now() - startMs;
    if (!stages) return { stages: null, cost, figures: null, bound: Number.POSITIVE_INFINITY, proved: true, elapsedMs, firstMs: null, bestMs: null, by: "brute force" };
    return { stages, cost, figures: evaluate(request.instance, stages), bound: cost, proved: true, elapsedMs, firstMs: elapsedMs, bestMs: elapsedMs, by: "brute force" };
  },
};
