// Owns why a plan is as it is, each of its replicas beside the others: the bottleneck, what binds, the runner-up, what would help most, by solving again off the event loop.
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
import type { Problem } from "../planner/problem.ts";
import { sayReplicas } from "../planner/replicas/next-replica.ts";
import { checkReplicas } from "../planner/replicas/check-replicas.ts";
import { saySharing } from "../planner/replicas/say-sharing.ts";
import { oneOfSeveral } from "../planner/replicas/one-of-several.ts";
import type { Deps } from "./deps.ts";
import { loadProblem } from "./load-problem.ts";
import { runningReplicas } from "./running-replicas.ts";
import { DEFAULT_SEED } from "./search-plan.ts";

/** Some sixty searches; what has not been asked by then is left out. */
export const EXPLAIN_BUDGET_MS = 5_000;

export type ExplainInput = PlanRequest & { modelId: string; topologyId: string; deploymentId?: string; placement: Placement; /** Further replicas of the plan. */ further?: { placement: Placement }[] };
export type ExplainAnswer = { /** What cost and sentences speak of: as in AssessedPlan. */ of: "plan" | "replica"; sentences: string[]; /** Of each, from the first; absent = there is one. */ replicas?: { sentences: string[] }[] };

/**
 * In sentences, most important first. Of several replicas: what they are together, and each by changes of it alone while the others stay as they are.
 * @throws AppError infeasible where the plan does not keep to the request
 */
export async function explainPlan(deps: Deps, input: ExplainInput, signal?: AbortSignal): Promise<ExplainAnswer> {
  const { modelId, topologyId, deploymentId, placement, further = [], ...request } = input;
  const [{ problem }, running] = await Promise.all([loadProblem(deps, { modelId, topologyId, beside: deploymentId ?? null }), runningReplicas(deps, input)]);
  const placements = [placement, ...further.map((one) => one.placement)];
  const context: Context = { problem, request, placements, running, budgetMs: EXPLAIN_BUDGET_MS / placements.length, ...(signal ? { signal } : {}) };
  if (placements.length === 1) return { of: typeof request.replicas === "number" && request.replicas > 1 ? "replica" : "plan", sentences: await explainOne(context, 0) };
  const refusals = checkReplicas(problem, placements, { request, running });
  if (refusals.length > 0) throw notKept();
  const replicas: { sentences: string[] }[] = [];
  for (const index of placements.keys()) replicas.push({ sentences: await explainOne(context, index) });
  return { of: "plan", sentences: [...sayReplicas(problem, placements), ...saySharing(problem, placements)], replicas };
}

type Context = { problem: Problem; request: PlanRequest; placements: readonly Placement[]; running: readonly Placement[] | null; budgetMs: number; signal?: AbortSignal };

async function explainOne({ problem: drawn, request: all, placements, running, budgetMs, signal }: Context, index: number): Promise<string[]> {
  const { problem, request, loaded } = oneOfSeveral(drawn, all, placements, index, running);
  const search = buildSearch(problem, request, { running, loaded });
  const stages = toStages(problem, placements[index] ?? []);
  const figures = stages && evaluate(search.instance, stages);
  if (!stages || !figures || checkStages(search.instance, stages).length > 0) throw notKept();
  const cost = objectiveCost(search, stages, figures);
  const explanation = await explainSearch(search, { stages, cost, figures, bound: Number.NEGATIVE_INFINITY, proved: false, elapsedMs: 0, firstMs: 0, bestMs: 0, by: "given" }, { budgetMs, seed: DEFAULT_SEED, ...(signal ? { signal } : {}) });
  return explanation.feasible ? sayExplanation(explanation, search, instanceWords(problem)) : [];
}

const notKept = () => new AppError("infeasible", "The placement does not keep to what is asked.", { place: "placement", fix: "Ask POST /api/v1/plans/what-if why." });
