// Owns plans side by side on one problem: what solvers and the rules of others make of the same request, and given placements beside them.
import { AppError } from "../errors.ts";
import { checkPlacement } from "../planner/check-placement.ts";
import { estimatePlacement } from "../planner/estimate.ts";
import { placementCost } from "../planner/placement-cost.ts";
import type { Estimate, Placement, Refusal } from "../planner/plan.ts";
import { findSolver } from "../planner/search/choose-solver.ts";
import type { Together } from "../planner/replicas/combine-replicas.ts";
import { ofOneReplica } from "../planner/replicas/of-one-replica.ts";
import type { Deps } from "./deps.ts";
import { loadProblem } from "./load-problem.ts";
import { runningReplicas } from "./running-replicas.ts";
import { type SearchInput, searchPlan } from "./search-plan.ts";

/** Each takes a search of its own. */
export const MAX_COMPARED = 24;
/** Rules take milliseconds; who searches gets as long as a person waits. */
export const COMPARE_BUDGET_MS = 1_000;

export type ComparedRow = {
  /** The solver's name, or what the caller called the placement. */
  key: string;
  label: string;
  placement: Placement | null;
  estimate: Estimate | null;
  /** In the objective's unit; null = none, or a figure is not known. */
  cost: number | null;
  bound: number | null;
  gap: number | null;
  proved: boolean;
  elapsedMs: number | null;
  refusals: Refusal[];
  /** Where several replicas were asked for: how many, and what they do together. */
  replicas?: number;
  together?: Together;
};
export type CompareInput = Omit<SearchInput, "solver" | "draft"> & { solvers: string[]; placements: { key: string; label: string; placement: Placement }[] };

/** One after the other, so that none takes another's time. @throws AppError bad-request for a solver nobody knows */
export async function comparePlans(deps: Deps, { solvers, placements, ...input }: CompareInput): Promise<ComparedRow[]> {
  const unknown = solvers.find((name) => !findSolver(name));
  if (unknown !== undefined) throw new AppError("bad-request", `There is no solver “${unknown}”.`, { place: "solvers", fix: "Names are those of /api/v1/solvers." });
  const { modelId, topologyId, deploymentId, seed: _seed, budgetMs, ...asked } = input;
  const request = ofOneReplica(asked);
  const [{ problem }, running] = await Promise.all([loadProblem(deps, { modelId, topologyId, beside: deploymentId ?? null }), runningReplicas(deps, input)]);
  const rows: ComparedRow[] = placements.map(({ key, label, placement }) => {
    const estimate = estimatePlacement(problem, placement);
    return { key, label, placement, estimate, cost: estimate && placementCost(problem, request, estimate, running), bound: null, gap: null, proved: false, elapsedMs: null, refusals: checkPlacement(problem, placement, { request, running }) };
  });
  for (const solver of solvers) rows.push(await row(deps, { ...input, solver, budgetMs: budgetMs ?? COMPARE_BUDGET_MS }));
  return rows;
}

async function row(deps: Deps, input: SearchInput & { solver: string }): Promise<ComparedRow> {
  const base = { key: input.solver, label: findSolver(input.solver)?.label ?? input.solver };
  const found = await searchPlan(deps, input);
  if ("infeasible" in found) return { ...base, placement: null, estimate: null, cost: null, bound: null, gap: null, proved: false, elapsedMs: null, refusals: found.refusals };
  const { placement, estimate, search, origin, replicas, together } = found;
  return { ...(replicas && together ? { replicas: replicas.length + 1, together } : {}), ...base, placement, estimate, cost: search.cost, bound: search.bound, gap: search.gap, proved: origin.by === "solver" && origin.proved, elapsedMs: search.elapsedMs, refusals: [] };
}
