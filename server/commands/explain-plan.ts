// Owns why a plan is as it is: the bottleneck, what binds, the runner-up, what would help most, by solving again off the event loop.
import { AppError } from "../errors.ts";
import { buildSearch } from "../planner/build-search.ts";
import { toStages } from "../planner/build-instance.ts";
import { checkStages } from "../planner/check-stages.ts";
import { evaluate } from "../planner/evaluate.ts";
import { sayExplanation } from "../planner/explain/say-explanation.ts";
import { instanceWords } from "../planner/instance-words.ts";
import type { Placement } from "../planner/plan.ts";
import type { PlanRequest } from "../planner/plan-request.ts";
import { objectiveCost } from "../planner/search/objective-cost.ts";
import { explainSearch } from "../threads/run-search.ts";
import { ofOneReplica } from "../planner/replicas/of-one-replica.ts";
import type { Deps } from "./deps.ts";
import { loadProblem } from "./load-problem.ts";
import { runningReplicas } from "./running-replicas.ts";
import { DEFAULT_SEED } from "./search-plan.ts";

/** Some sixty searches; what has not been asked by then is left out. */
export const EXPLAIN_BUDGET_MS = 5_000;

export type ExplainInput = PlanRequest & { modelId: string; topologyId: string; deploymentId?: string; placement: Placement };

/** In sentences, most important first. @throws AppError infeasible where the placement does not keep to the request */
export async function explainPlan(deps: Deps, input: ExplainInput, signal?: AbortSignal): Promise<{ sentences: string[] }> {
  const { modelId, topologyId, deploymentId, placement, ...asked } = input;
  const request = ofOneReplica(asked);
  const [{ problem }, running] = await Promise.all([loadProblem(deps, { modelId, topologyId, beside: deploymentId ?? null }), runningReplicas(deps, input)]);
  const search = buildSearch(problem, request, { running });
  const stages = toStages(problem, placement);
  const figures = stages && evaluate(search.instance, stages);
  if (!stages || !figures || checkStages(search.instance, stages).length > 0) throw new AppError("infeasible", "The placement does not keep to what is asked.", { place: "placement", fix: "Ask POST /api/v1/plans/what-if why." });
  const cost = objectiveCost(search, stages, figures);
  const explanation = await explainSearch(search, { stages, cost, figures, bound: Number.NEGATIVE_INFINITY, proved: false, elapsedMs: 0, firstMs: 0, bestMs: 0, by: "given" }, { budgetMs: EXPLAIN_BUDGET_MS, seed: DEFAULT_SEED, ...(signal ? { signal } : {}) });
  return { sentences: explanation.feasible ? sayExplanation(explanation, search, instanceWords(problem)) : [] };
}
