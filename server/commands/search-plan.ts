// Owns planning: loads the problem, searches off the event loop, and says what was found. Keeps no plan: that is who asked's to decide.
import { AppError } from "../errors.ts";
import { buildSearch } from "../planner/build-search.ts";
import { PLAIN_REASONS } from "../planner/explain/plain-reasons.ts";
import { sayConflict } from "../planner/explain/say-explanation.ts";
import { explainEstimate } from "../planner/explain.ts";
import { finishSearch } from "../planner/finish-search.ts";
import { instanceWords } from "../planner/instance-words.ts";
import type { Estimate, Infeasible, Placement, Plan, PlanReplica, SearchPoint, SearchProgress, Together, WholeCost } from "../planner/plan.ts";
import { MAX_REPLICAS, type PlanRequest } from "../planner/plan-request.ts";
import { combineReplicas } from "../planner/replicas/combine-replicas.ts";
import { enteredAtFirst } from "../planner/replicas/entered-at-first.ts";
import { sayReplicas } from "../planner/replicas/next-replica.ts";
import { ofOneReplica } from "../planner/replicas/of-one-replica.ts";
import { costOfWhole } from "../planner/replicas/whole-cost.ts";
import type { Outcome } from "../planner/search/solver.ts";
import { addPoint, outcomeProgress, searchProgress } from "../planner/search-curve.ts";
import type { Operation } from "../store/operations.ts";
import { explainSearch, runSearch, SearchesFull } from "../threads/run-search.ts";
import { addReplicas, replicaCounts } from "./add-replicas.ts";
import type { Actor, Deps } from "./deps.ts";
import { loadProblem } from "./load-problem.ts";
import { runOperation } from "./run-operation.ts";
import { runningReplicas } from "./running-replicas.ts";

export const DEFAULT_BUDGET_MS = 10_000;
/** Two searches at once: who asks for more would keep others from planning. */
export const MAX_BUDGET_MS = 300_000;
export const DEFAULT_SEED = 1;
/** Some sixty searches, of what binds and what would help. */
const EXPLAIN_BUDGET_MS = 5_000;
const NO_OUTCOME: Outcome = { stages: null, cost: Number.POSITIVE_INFINITY, figures: null, bound: Number.POSITIVE_INFINITY, proved: true, elapsedMs: 0, firstMs: null, bestMs: null, by: "" };

export type SearchInput = PlanRequest & {
  modelId: string;
  topologyId: string;
  /** Whose running plan is the one to start from; nodes are counted beside all others. */
  deploymentId?: string;
  /** By name; absent = Cutplane's own. */
  solver?: string;
  seed?: number;
  budgetMs?: number;
  /** A placement to start from. */
  draft?: Placement;
};
export type FoundPlan = { placement: Placement; estimate: Estimate; origin: Plan["origin"]; request: PlanRequest; explanation: string[]; search: SearchProgress; /** Further ones beside `placement`, what all do together, and what all cost (`search` speaks of the first); absent = one was asked for. */ replicas?: PlanReplica[]; together?: Together; whole?: WholeCost };

type Following = { signal?: AbortSignal; onProgress?: (progress: SearchProgress) => void };

/**
 * With replicas: the first as if it were the only one, with its part of the demand; the further ones beside it. "As needed" takes the fewest that carry the demand.
 * @throws AppError not-found, too-many, bad-request; what the signal says when it was aborted before anything was found
 */
export async function searchPlan(deps: Deps, input: SearchInput, following: Following = {}): Promise<FoundPlan | Infeasible> {
  if (input.replicas === "as-needed" && input.demandPerSecond === undefined) throw new AppError("bad-request", "As many replicas as needed: for how many requests a second?", { place: "demandPerSecond", fix: "Say what it must carry, or how many replicas." });
  let answer: FoundPlan | Infeasible = { infeasible: true, refusals: [] };
  for (const count of replicaCounts(input, MAX_REPLICAS)) {
    const before = answer;
    answer = await searchFirst(deps, { ...ofOneReplica(input, count), budgetMs: (input.budgetMs ?? DEFAULT_BUDGET_MS) / (input.replicas === "as-needed" ? 2 : 1) }, following);
    if (!("infeasible" in answer)) answer = await withReplicas(deps, input, answer, count, following);
    if (!("infeasible" in answer)) return answer;
    // More replicas need more nodes, but each carries less: only room ends the count.
    if (count > 1 && answer.refusals[0]?.message.startsWith("Replica")) return "infeasible" in before && before.refusals.length > 0 ? before : answer;
  }
  return answer;
}

async function withReplicas(deps: Deps, input: SearchInput, first: FoundPlan, count: number, following: Following): Promise<FoundPlan | Infeasible> {
  const { modelId, topologyId, deploymentId, solver: _solver, seed = DEFAULT_SEED, budgetMs: _budget, draft: _draft, ...request } = input;
  if (count === 1) return { ...first, request };
  const { problem: drawn } = await loadProblem(deps, { modelId, topologyId, beside: deploymentId ?? null });
  const problem = enteredAtFirst(drawn, first.placement);
  const running = await runningReplicas(deps, input);
  const replicas = await addReplicas(problem, request, first.placement, { count, seed, running, ...(following.signal ? { signal: following.signal } : {}) });
  if ("infeasible" in replicas) return replicas;
  const placements = [first.placement, ...replicas.map((replica) => replica.placement)];
  const estimates = [first.estimate, ...replicas.map((replica) => replica.estimate)];
  return { ...first, request, replicas, together: combineReplicas(problem, estimates), whole: costOfWhole(drawn, request, { estimates, running, firstBound: first.search.bound }), explanation: [...sayReplicas(problem, placements), ...first.explanation] };
}

async function searchFirst(deps: Deps, input: Omit<SearchInput, "replicas">, following: Following): Promise<FoundPlan | Infeasible> {
  const { modelId, topologyId, deploymentId, solver, seed = DEFAULT_SEED, budgetMs = DEFAULT_BUDGET_MS, draft, ...request } = input;
  const [{ problem }, running] = await Promise.all([loadProblem(deps, { modelId, topologyId, beside: deploymentId ?? null }), runningReplicas(deps, input)]);
  const search = buildSearch(problem, request, { running, ...(draft ? { drafts: [draft] } : {}) });
  /** Which constraints can't be met together, and the smallest change that helps; the plain reasons where nothing more is known. */
  const sayWhy = async (plain: Infeasible): Promise<Infeasible> => {
    if (PLAIN_REASONS.has(plain.refusals[0]?.code ?? "no-path")) return plain;
    const explanation = await explainSearch(search, NO_OUTCOME, { budgetMs: EXPLAIN_BUDGET_MS, seed, ...(following.signal ? { signal: following.signal } : {}) });
    const refusals = explanation.feasible ? [] : sayConflict(explanation.conflict, search, instanceWords(problem));
    return refusals.length > 0 ? { infeasible: true, refusals } : plain;
  };
  let curve: SearchPoint[] = [];
  const { outcome, solver: name, stopped } = await runSearch(search, {
    seed, budgetMs, ...(solver === undefined ? {} : { solver }), ...(following.signal ? { signal: following.signal } : {}),
    onProgress: (progress) => {
      curve = addPoint(curve, progress);
      following.onProgress?.(searchProgress(problem, search, progress, curve));
    },
  }).catch((error: unknown) => {
    if (error instanceof SearchesFull) throw new AppError("too-many", error.message, { fix: "Ask again when one of them has ended, or stop one." });
    throw error;
  });
  if (stopped && outcome.stages === null) throw new AppError("cancelled", "It was stopped before any plan was found.");
  const found = finishSearch(problem, request, search, outcome, { solver: name, seed, running });
  if ("infeasible" in found) return outcome.stages === null && outcome.proved ? await sayWhy(found) : found;
  return { ...found, request, explanation: explainEstimate(problem, found.estimate), search: outcomeProgress(problem, search, outcome, curve) };
}

/** The same as an operation: followed while it runs, stopped with the best so far. Its result is the answer. */
export async function startPlanning(deps: Deps, input: SearchInput, actor: Actor, idempotencyKey?: string): Promise<Operation> {
  // Unknown names are the caller's, at once and not later.
  await loadProblem(deps, input);
  const { operation } = await runOperation(deps, { kind: "plan", subjectId: input.modelId, actor, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) }, (context) =>
    searchPlan(deps, input, { signal: context.signal, onProgress: (search) => context.progress({ step: "searching", search }) }));
  return operation;
}
