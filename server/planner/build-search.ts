// Owns what a solver is handed for a planning request: the instance, the objective as costs, what moving there costs, and chains to start from.
import { buildInstance, toStages } from "./build-instance.ts";
import { movingTables } from "./moving-cost.ts";
import type { Placement } from "./plan.ts";
import type { PlanRequest } from "./plan-request.ts";
import type { Problem } from "./problem.ts";
import { LATENCY_WEIGHTS, type Weights } from "./search/additive-costs.ts";
import type { SearchObjective, SearchRequest } from "./search/solver.ts";

const NO_WEIGHTS: Weights = { latencyMs: 0, varianceMs2: 0, joules: 0, money: 0, grams: 0 };

export type SearchContextOfPlan = {
  /** What each replica of a deployment runs on these nodes now. */
  running?: readonly Placement[] | null;
  /** What of it stays loaded beside the plan, where `bothLoaded` is asked; absent = all of it. */
  loaded?: Placement;
  /** More to start from: what is drawn. */
  drafts?: readonly Placement[];
};

export function buildSearch(problem: Problem, request: PlanRequest, { running = null, loaded = (running ?? []).flat(), drafts = [] }: SearchContextOfPlan = {}): SearchRequest {
  const instance = buildInstance(problem, request, loaded);
  const objective = searchObjective(request);
  const moving = objective.kind === "bottleneck" ? null : movingTables(problem, request, running);
  const seeds = [...(running ?? []), ...drafts].flatMap((placement) => {
    const stages = toStages(problem, placement);
    return stages ? [stages] : [];
  });
  return { instance, objective, ...(moving ? { moving } : {}), ...(seeds.length > 0 ? { seeds } : {}) };
}

/** "Latency" is what is promised of it: the SLO's share of the requests, else their mean under the demand, else one request alone. */
export function searchObjective({ objective, weights, demandPerSecond, slo }: Pick<PlanRequest, "objective" | "weights" | "demandPerSecond" | "slo">): SearchObjective {
  switch (objective) {
    case "throughput": return { kind: "bottleneck" };
    case "energy": return { kind: "additive", weights: { ...NO_WEIGHTS, joules: 1 } };
    case "money": return { kind: "additive", weights: { ...NO_WEIGHTS, money: 1 } };
    case "carbon": return { kind: "additive", weights: { ...NO_WEIGHTS, grams: 1 } };
    case "mix": return { kind: "additive", weights: { ...NO_WEIGHTS, ...(weights ?? { latencyMs: 1 }) } };
    case "latency": {
      if (slo) return { kind: "demand", figure: { share: slo.quantile } };
      return demandPerSecond === undefined ? { kind: "additive", weights: LATENCY_WEIGHTS } : { kind: "demand", figure: "mean" };
    }
  }
}
