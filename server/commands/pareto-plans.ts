// Owns the plans to choose from where latency and throughput pull apart: the lowest latency under ever stricter limits on the slowest node or link.
import { buildSearch } from "../planner/build-search.ts";
import { finishSearch, type Solution } from "../planner/finish-search.ts";
import { MAX_UTILISATION, type PlanRequest } from "../planner/plan-request.ts";
import { runSearch } from "../threads/run-search.ts";
import type { Deps } from "./deps.ts";
import { loadProblem } from "./load-problem.ts";
import { DEFAULT_SEED, type SearchInput } from "./search-plan.ts";

/** Between the two ends; a person tells no more apart. */
const STEPS = 8;
export const PARETO_BUDGET_MS = 1_000;

export type ParetoPoint = Pick<Solution, "placement" | "estimate" | "origin">;
export type ParetoInput = Omit<SearchInput, "solver" | "draft">;

/** Lowest latency first, each next one with more throughput. Empty = nothing keeps to what is asked. */
export async function paretoPlans(deps: Deps, input: ParetoInput): Promise<ParetoPoint[]> {
  const { modelId, topologyId, deploymentId, seed = DEFAULT_SEED, budgetMs = PARETO_BUDGET_MS, ...asked } = input;
  const { problem } = await loadProblem(deps, { modelId, topologyId, beside: deploymentId ?? null });
  const solve = async (request: PlanRequest): Promise<Solution | null> => {
    const search = buildSearch(problem, request);
    const { outcome, solver } = await runSearch(search, { seed, budgetMs });
    const found = finishSearch(problem, request, search, outcome, { solver, seed });
    return "infeasible" in found ? null : found;
  };
  const { movingHorizonSeconds: _moving, weights: _weights, ...request } = asked;
  const [quick, wide] = [await solve({ ...request, objective: "latency" }), await solve({ ...request, objective: "throughput" })];
  if (!quick || !wide) return [];
  const found = [quick, wide];
  const [slowest, fastest] = [quick.estimate.throughputPerSecond, wide.estimate.throughputPerSecond];
  for (let step = 1; step < STEPS && fastest > slowest * (1 + 1e-6); step++) {
    // A demand is met at a share of the time: asked for so that the limit lies at this throughput.
    const throughput = slowest * (fastest / slowest) ** (step / STEPS);
    const point = await solve({ ...request, objective: "latency", demandPerSecond: throughput * MAX_UTILISATION });
    if (point) found.push(point);
  }
  return undominated(found);
}

function undominated(points: Solution[]): ParetoPoint[] {
  const byLatency = [...points].sort((a, b) => a.estimate.latencyMs - b.estimate.latencyMs || b.estimate.throughputPerSecond - a.estimate.throughputPerSecond);
  const front: Solution[] = [];
  for (const point of byLatency) {
    const last = front.at(-1);
    if (!last || point.estimate.throughputPerSecond > last.estimate.throughputPerSecond * (1 + 1e-9)) front.push(point);
  }
  return front;
}
