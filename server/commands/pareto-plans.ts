// Owns the plans to choose from: none is better than another in latency, throughput and what a request costs. Each has the proof of its own search.
import { AppError } from "../errors.ts";
import { buildSearch } from "../planner/build-search.ts";
import { finishSearch, type Solution } from "../planner/finish-search.ts";
import { mayUse } from "../planner/may-run.ts";
import type { FrontFigures, Placement, PlanReplica, Together, WholeCost } from "../planner/plan.ts";
import { MAX_REPLICAS, type PlanObjective, type PlanRequest } from "../planner/plan-request.ts";
import type { Problem } from "../planner/problem.ts";
import { costsPerMs } from "../planner/running-costs.ts";
import type { FrontPlan, Quantity } from "../planner/search/pareto-front.ts";
import { gapOf, type SearchRequest } from "../planner/search/solver.ts";
import type { Operation } from "../store/operations.ts";
import { SearchesFull, searchFront } from "../threads/run-search.ts";
import { combineReplicas } from "../planner/replicas/combine-replicas.ts";
import { enteredAtFirst } from "../planner/replicas/entered-at-first.ts";
import { ofOneReplica } from "../planner/replicas/of-one-replica.ts";
import { costOfWhole } from "../planner/replicas/whole-cost.ts";
import { joinWholes } from "../planner/replicas/whole-front.ts";
import { addReplicas, replicaCounts } from "./add-replicas.ts";
import type { Actor, Deps } from "./deps.ts";
import { loadProblem } from "./load-problem.ts";
import { runOperation } from "./run-operation.ts";
import { runningReplicas } from "./running-replicas.ts";
import { DEFAULT_SEED, type SearchInput } from "./search-plan.ts";

/** Some dozen searches per pair of quantities, each as short as it can. */
export const PARETO_BUDGET_MS = 8_000;
/** Of the time, for the first replica of each choice; the further ones are planned in the rest. */
const FIRST_SHARE = 0.5;
const SOLVER = "pareto/1";
const COSTS = ["joules", "money", "grams"] as const;

export type ParetoPoint = Pick<Solution, "placement" | "estimate" | "origin"> & {
  /** What its search kept to beside what is asked; null = no more than that. What it minimised is its origin's objective. */
  under: { latencyMs: number | null; bottleneckMs: number | null };
  /** Further ones, by the same search beside those before, what all do together, and what all cost in the origin's objective; absent = one pipeline. Origin and limits are of each replica. */
  replicas?: PlanReplica[];
  together?: Together;
  whole?: WholeCost;
};
export type ParetoInput = Omit<SearchInput, "solver" | "draft">;
type Following = { signal?: AbortSignal; onFront?: (front: FrontFigures[]) => void };

/** Lowest latency first; with replicas, choices between whole plans. Empty = nothing keeps to what is asked. Stopped, it has what was found by then. @throws AppError not-found, too-many */
export async function paretoPlans(deps: Deps, input: ParetoInput, following: Following = {}): Promise<ParetoPoint[]> {
  for (const count of replicaCounts(input, MAX_REPLICAS)) {
    const points = await frontOf(deps, input, count, following);
    if (points.length > 0) return points;
  }
  return [];
}

async function frontOf(deps: Deps, input: ParetoInput, count: number, { signal, onFront }: Following): Promise<ParetoPoint[]> {
  const { modelId, topologyId, deploymentId, seed = DEFAULT_SEED, budgetMs = PARETO_BUDGET_MS, movingHorizonSeconds: _moving, weights: _weights, ...asked } = input;
  const [{ problem }, running] = await Promise.all([loadProblem(deps, { modelId, topologyId, beside: deploymentId ?? null }), runningReplicas(deps, input)]);
  // Latency and throughput are the ends, whatever else was asked to be least; the rules of the request hold for all.
  const request: PlanRequest = { ...ofOneReplica(asked, count), objective: "latency" };
  const search = buildSearch(problem, request, { running });
  const quantities = knownCosts(problem, request);
  const plans = await searchFront(search, ["latencyMs", "bottleneckMs", ...quantities], {
    seed, budgetMs: count === 1 ? budgetMs : budgetMs * FIRST_SHARE, ...(signal ? { signal } : {}), ...(onFront && count === 1 ? { onFront: (found) => onFront(found.map((plan) => figuresOf(plan, quantities))) } : {}),
  }).catch((error: unknown) => {
    if (error instanceof SearchesFull) throw new AppError("too-many", error.message, { fix: "Ask again when one of them has ended, or stop one." });
    throw error;
  });
  const front: FrontOf = { problem, request, search, running, seed };
  if (count === 1) return plans.flatMap((plan) => pointOf(front, plan));
  let wholes: readonly Whole[] = [];
  const each = (budgetMs * (1 - FIRST_SHARE)) / Math.max(1, plans.length * (count - 1));
  for (const plan of plans) {
    if (signal?.aborted) break;
    const whole = await wholeOf(front, plan, { asked, count, quantities, budgetMs: each, ...(signal ? { signal } : {}) });
    if (whole) wholes = joinWholes(wholes, whole);
    onFront?.(wholes.map((one) => one.figures));
  }
  return wholes.map((one) => one.point);
}

type Whole = { point: ParetoPoint; figures: FrontFigures };
type Adding = { asked: PlanRequest; count: number; quantities: readonly Quantity[]; budgetMs: number; signal?: AbortSignal };

/** A choice with its further replicas: by what its search minimised, within the same limits where that can be. Null = there is no room for as many. */
async function wholeOf(front: FrontOf, plan: FrontPlan, { asked, count, quantities, ...options }: Adding): Promise<Whole | null> {
  const [point] = pointOf(front, plan);
  if (point?.origin.by !== "solver") return null;
  const { problem: drawn, running, seed } = front;
  const problem = enteredAtFirst(drawn, point.placement);
  const request: PlanRequest = { ...asked, objective: point.origin.objective };
  for (const limits of [plan.limits, undefined]) {
    const replicas = await addReplicas(problem, request, point.placement, { count, seed, running, ...options, ...(limits ? { limits } : {}) });
    if ("infeasible" in replicas) continue;
    const estimates = [point.estimate, ...replicas.map((replica) => replica.estimate)];
    const together = combineReplicas(problem, estimates);
    const gaps = [point.origin.gap, ...replicas.map((replica) => replica.proof?.gap ?? null)];
    const figures: FrontFigures = {
      latencyMs: together.latencyMs, throughputPerSecond: together.throughputPerSecond, ...(Object.fromEntries(COSTS.map((cost) => [cost, quantities.includes(cost) ? (together.costs?.[cost] ?? null) : null])) as Pick<FrontFigures, "joules" | "money" | "grams">),
      stageCount: estimates.reduce((sum, one) => sum + one.stages.length, 0), gap: gaps.some((gap) => gap === null) ? null : Math.max(...(gaps as number[])), proved: point.origin.proved && replicas.every((replica) => replica.proof?.proved),
    };
    return { point: { ...point, replicas, together, whole: costOfWhole(drawn, request, { estimates, running, firstBound: null }) }, figures };
  }
  return null;
}

/** The same as an operation: followed while it grows, stopped with what was found. Its result is the answer. */
export async function startPareto(deps: Deps, input: ParetoInput, actor: Actor, idempotencyKey?: string): Promise<Operation> {
  await loadProblem(deps, input);
  const { operation } = await runOperation(deps, { kind: "plan", subjectId: input.modelId, actor, ...(idempotencyKey === undefined ? {} : { idempotencyKey }) }, (context) =>
    paretoPlans(deps, input, { signal: context.signal, onFront: (front) => context.progress({ step: "finding choices", done: front.length, unit: "items", front }) }));
  return operation;
}

/** What a node has no figure for would count as free there, so nothing is chosen by it. */
function knownCosts(problem: Problem, request: PlanRequest): readonly (typeof COSTS)[number][] {
  const nodes = problem.nodes.filter((node) => mayUse(request, node)).map(costsPerMs);
  return COSTS.filter((cost) => nodes.length > 0 && nodes.every((node) => node[cost] !== null));
}

function figuresOf({ figures, stages, cost, bound, proved }: FrontPlan, known: readonly Quantity[]): FrontFigures {
  const gap = gapOf({ cost, bound });
  const costs = Object.fromEntries(COSTS.map((key) => [key, known.includes(key) ? figures[key] : null])) as Pick<FrontFigures, "joules" | "money" | "grams">;
  return { latencyMs: figures.latencyMs, throughputPerSecond: 1000 / figures.bottleneckMs, ...costs, stageCount: stages.length, gap: Number.isFinite(gap) ? gap : null, proved };
}

const OBJECTIVES: Record<FrontPlan["minimised"], PlanObjective> = { latencyMs: "latency", joules: "energy", money: "money", grams: "carbon" };

type FrontOf = { problem: Problem; request: PlanRequest; search: SearchRequest; running: readonly Placement[] | null; seed: number };

function pointOf({ problem, request, search, running, seed }: FrontOf, plan: FrontPlan): ParetoPoint[] {
  const { stages, figures, cost, bound, proved, by, minimised, limits } = plan;
  const found = finishSearch(problem, request, search, { stages, figures, cost, bound, proved, by, elapsedMs: 0, firstMs: 0, bestMs: 0 }, { solver: SOLVER, seed, running });
  if ("infeasible" in found) return [];
  const { search: _times, ...origin } = found.origin;
  const beyond = (limit: "latencyMs" | "bottleneckMs") => (Number.isFinite(limits[limit]) && limits[limit] < search.instance.limits[limit] ? limits[limit] : null);
  return [{ placement: found.placement, estimate: found.estimate, origin: { ...origin, objective: OBJECTIVES[minimised] }, under: { latencyMs: beyond("latencyMs"), bottleneckMs: beyond("bottleneckMs") } }];
}
