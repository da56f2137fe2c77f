// Owns the plan with the least mean + z·sd of latency, all hops and stages independent. It is concave in the variance, so its least is a corner of the convex hull
// of (mean, variance), and corners are what additive searches with a weight on the variance find. Weights are chosen where the proven lines are lowest.
import { bestFigure, NO_WEIGHTS } from "./best-figure.ts";
import { leastQuantile, nextWeight, type SupportLine } from "./mean-variance.ts";
import { movingCost } from "./objective-cost.ts";
import type { Outcome, SearchContext, SearchRequest, Solver } from "./solver.ts";

/** Corners are few: some ten solves usually, each on the same tables. */
const MAX_SOLVES = 40;
const ENOUGH = 1e-9;
/** Of the time left, for each solve. */
const TIME_SHARE = 0.3;

export type QuantileRequest = Pick<SearchRequest, "instance" | "moving" | "seeds"> & { /** Standard deviations above the mean: 2.326 = the 99th percentile of a normal. */ z: number };

export function solveQuantile(request: QuantileRequest, additive: Solver, context: SearchContext): Outcome {
  const { instance, z } = request;
  if (!(z >= 0)) throw new RangeError("z is 0 or more: below the mean a larger variance would help");
  const best = bestFigure({ ...request, additive, context, figureOf: (figures, stages) => figures.latencyMs + z * Math.sqrt(Math.max(0, figures.varianceMs2)) + movingCost(request.moving, stages) });
  const mean = best.solve(instance, { ...NO_WEIGHTS, latencyMs: 1 }, TIME_SHARE);
  if (mean.stages === null && mean.proved) return best.outcome(true);
  const lines: SupportLine[] = [{ weight: 0, bound: Math.max(0, mean.bound) }];
  const steady = best.stop() || z === 0 ? null : best.solve(instance, { ...NO_WEIGHTS, varianceMs2: 1 }, TIME_SHARE);
  const leastVarianceMs2 = Math.max(0, steady?.bound ?? 0);
  for (let solves = 2; ; solves++) {
    const least = leastQuantile({ lines, leastVarianceMs2 }, z);
    best.raise(least.bound);
    if (solves >= MAX_SOLVES || best.stop() || best.cost <= best.bound + ENOUGH * Math.abs(best.bound)) return best.outcome(false);
    const weight = nextWeight({ lines, leastVarianceMs2 }, { wanted: slope(z, least.varianceMs2, mean), varianceMs2: least.varianceMs2 });
    if (weight === null) return best.outcome(false);
    const solved = best.solve(instance, { ...NO_WEIGHTS, latencyMs: 1, varianceMs2: weight }, TIME_SHARE);
    lines.push({ weight, bound: Math.max(0, solved.bound) });
  }
}

/** What one more ms² costs at this variance; where that has no limit, more than any plan's variance is worth. */
function slope(z: number, varianceMs2: number, mean: Outcome): number {
  if (varianceMs2 > 0) return z / (2 * Math.sqrt(varianceMs2));
  return (1 + (mean.figures?.latencyMs ?? 1)) / Math.max(1e-9, mean.figures?.varianceMs2 ?? 1);
}
