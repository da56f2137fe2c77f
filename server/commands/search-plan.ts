// Owns planning: loads the problem, searches off the event loop, and says what was found. Keeps no plan: that is who asked's to decide.
import { AppError } from "../errors.ts";
import { buildSearch } from "../planner/build-search.ts";
import { PLAIN_REASONS } from "../planner/explain/plain-reasons.ts";
import { sayConflict } from "../planner/explain/say-explanation.ts";
import { explainEstimate } from "../planner/explain.ts";
import { finishSearch } from "../planner/finish-search.ts";
import { instanceWords } from "../planner/instance-words.ts";
import type { Estimate, Infeasible, Placement, Plan, SearchPoint, SearchProgress } from "../planner/plan.ts";
import type { PlanRequest } from "../planner/plan-request.ts";
import type { Outcome } from "../planner/search/solver.ts";
import { addPoint, outcomeProgress, searchProgress } from "../planner/search-curve.ts";
import type { Operation } from "../store/operations.ts";
import { explainSearch, runSearch, SearchesFull } from "../threads/run-search.ts";
import type { Actor, Deps } from "./deps.ts";
import { loadProblem } from "./load-problem.ts";
import { runOperation } from "./run-operation.ts";
import { runningPlacement } from "./running-placement.ts";

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
export type FoundPlan = { placement: Placement; estimate: Estimate; origin: Plan["origin"]; request: PlanRequest; explanation: string[]; search: SearchProgress };

type Following = { signal?: AbortSignal; onProgress?: (progress: SearchProgress) => void };

/** @throws AppError not-found, too-many; what the signal says when it was aborted before anything was found */
export async function searchPlan(deps: Deps, input: SearchInput, following: Following = {}): Promise<FoundPlan | Infeasible> {
  const { modelId, topologyId, deploymentId, solver, seed = DEFAULT_SEED, budgetMs = DEFAULT_BUDGET_MS, draft, ...request } = input;
  const [{ problem }, running] = await Promise.all([loadProblem(deps, { modelId, topologyId, beside: deploymentId ?? null }), runningPlacement(deps, input)]);
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
