// Owns plans side by side on one problem: what solvers and the rules of others make of the same request, and given placements beside them.
import { AppError } from "../errors.ts";
import type { Estimate, Placement, Refusal, Together } from "../planner/plan.ts";
import { findSolver } from "../planner/search/choose-solver.ts";
import { assessPlan } from "../planner/replicas/assess-plan.ts";
import { plannedReplicas } from "./create-plan.ts";
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
  /** Of the first replica. */
  estimate: Estimate | null;
  /** In the objective's unit, of the whole plan, as bound and gap are; null = none, or a figure is not known. */
  cost: number | null;
  bound: number | null;
  gap: number | null;
  /** Of several replicas: each, beside those before it. */
  proved: boolean;
  elapsedMs: number | null;
  refusals: Refusal[];
  /** Where several are asked for or given: further ones, and what all do together. */
  replicas?: { placement: Placement; estimate: Estimate | null }[];
  together?: Together;
};
type Given = { key: string; label: string; placement: Placement; /** Further replicas; left out where the request asks for some = they are planned, as when the plan is made. */ further?: { placement: Placement }[] };
export type CompareInput = Omit<SearchInput, "solver" | "draft"> & { solvers: string[]; placements: Given[] };

/** One after the other, so that none takes another's time. @throws AppError bad-request for a solver nobody knows */
export async function comparePlans(deps: Deps, { solvers, placements, ...input }: CompareInput): Promise<ComparedRow[]> {
  const unknown = solvers.find((name) => !findSolver(name));
  if (unknown !== undefined) throw new AppError("bad-request", `There is no solver “${unknown}”.`, { place: "solvers", fix: "Names are those of /api/v1/solvers." });
  const { modelId, topologyId, deploymentId, seed: _seed, budgetMs, ...request } = input;
  const [{ problem }, running] = await Promise.all([loadProblem(deps, { modelId, topologyId, beside: deploymentId ?? null }), runningReplicas(deps, input)]);
  const rows: ComparedRow[] = [];
  for (const { key, label, placement, further } of placements) {
    const base = { key, label, placement, bound: null, gap: null, proved: false, elapsedMs: null };
    const others = further ?? (await plannedReplicas(problem, { placement, request, running }).catch((error: unknown) => {
      if (error instanceof AppError && error.code === "infeasible") return error;
      throw error;
    }));
    const { of, cost, ...assessed } = assessPlan(problem, request, [placement, ...(others instanceof AppError ? [] : others.map((one) => one.placement))], running);
    // One replica beside whole plans would compare unlike things.
    const refusals = others instanceof AppError && assessed.refusals.length === 0 ? [{ code: "memory" as const, message: others.message, fix: others.fix ?? null }] : assessed.refusals;
    rows.push({ ...base, ...assessed, cost: of === "plan" ? cost : null, refusals });
  }
  for (const solver of solvers) rows.push(await row(deps, { ...input, solver, budgetMs: budgetMs ?? COMPARE_BUDGET_MS }));
  return rows;
}

async function row(deps: Deps, input: SearchInput & { solver: string }): Promise<ComparedRow> {
  const base = { key: input.solver, label: findSolver(input.solver)?.label ?? input.solver };
  const found = await searchPlan(deps, input);
  if ("infeasible" in found) return { ...base, placement: null, estimate: null, cost: null, bound: null, gap: null, proved: false, elapsedMs: null, refusals: found.refusals };
  const { placement, estimate, search, origin, replicas, together, whole } = found;
  const { cost, bound, gap } = whole ?? search;
  const proved = origin.by === "solver" && origin.proved && (replicas ?? []).every((replica) => replica.proof?.proved);
  return { ...(replicas && together ? { replicas, together } : {}), ...base, placement, estimate, cost, bound, gap, proved, elapsedMs: search.elapsedMs, refusals: [] };
}
