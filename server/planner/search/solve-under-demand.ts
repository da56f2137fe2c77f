// Owns the plan with the least latency at the rate that requests come at: which search finds it, and that it keeps to what is promised.
import { sdsTo } from "../demand.ts";
import type { Instance } from "../instance.ts";
import { LATENCY_WEIGHTS } from "./additive-costs.ts";
import { SLACK } from "./violations.ts";
import { solveDemand } from "./solve-demand.ts";
import { solveQuantile } from "./solve-quantile.ts";
import { solveSum } from "./solve-within-slo.ts";
import type { Outcome, SearchContext, SearchRequest, Solver } from "./solver.ts";

export const solveUnderDemand: Solver = {
  name: "demand/1",
  label: "Cutplane (under a demand)",
  solve(request, context) {
    const { instance, objective, moving } = request;
    if (objective.kind !== "demand") throw new RangeError("the demand solver minimises a latency under a demand");
    const { slo, ...limits } = instance.limits;
    // What is minimised is what is promised: the least of it decides.
    if (slo && slo.busyMs === undefined && !moving && objective.figure !== "mean" && objective.figure.share === slo.share) return within(slo.latencyMs, { ...request, instance: { ...instance, limits } }, context);
    return solveFree(request, context);
  },
};

function solveFree(request: SearchRequest, context: SearchContext): Outcome {
  const { instance, objective } = request;
  if (objective.kind !== "demand") throw new RangeError("the demand solver minimises a latency under a demand");
  const { figure } = objective;
  const perSecond = instance.limits.perSecond ?? 0;
  if (perSecond > 0) return solveDemand({ ...request, perSecond, figure }, solveSum, context);
  if (figure === "mean") return solveSum.solve({ ...request, objective: { kind: "additive", weights: LATENCY_WEIGHTS } }, context);
  return solveQuantile({ ...request, z: sdsTo(figure.share) }, solveSum, context);
}

function within(limitMs: number, request: SearchRequest & { instance: Instance }, context: SearchContext): Outcome {
  const { onProgress } = context;
  const outcome = solveFree(request, { ...context, ...(onProgress ? { onProgress: (told) => onProgress(told.cost <= limitMs * SLACK ? told : { ...told, stages: null, cost: Number.POSITIVE_INFINITY }) } : {}) });
  if (outcome.cost <= limitMs * SLACK) return outcome;
  const impossible = outcome.bound > limitMs * SLACK;
  return { ...outcome, stages: null, figures: null, cost: Number.POSITIVE_INFINITY, bound: impossible ? Number.POSITIVE_INFINITY : outcome.bound, proved: impossible, firstMs: null, bestMs: null };
}
