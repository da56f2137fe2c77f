// Owns planning further replicas beside a placement: one search after the other, off the event loop, each with its own proof.
import { buildSearch } from "../planner/build-search.ts";
import { finishSearch } from "../planner/finish-search.ts";
import { isSameStage } from "../planner/node-modes.ts";
import type { Infeasible, Placement, PlanReplica } from "../planner/plan.ts";
import type { PlanRequest } from "../planner/plan-request.ts";
import type { Problem } from "../planner/problem.ts";
import { checkReplicas } from "../planner/replicas/check-replicas.ts";
import { enteredAtFirst } from "../planner/replicas/entered-at-first.ts";
import { waysToAdd, whyNotAdd } from "../planner/replicas/next-replica.ts";
import { ofOneReplica } from "../planner/replicas/of-one-replica.ts";
import type { SearchRequest } from "../planner/search/solver.ts";
import { runSearch } from "../threads/run-search.ts";

/** Of each search: the first replica got the caller's whole budget. */
const REPLICA_BUDGET_MS = 2_000;

export type AddReplicas = { count: number; seed: number; signal?: AbortSignal; /** What each replica of its deployment runs now. */ running?: readonly Placement[] | null; /** Of each search. */ budgetMs?: number; /** What each replica keeps to beside the request. */ limits?: { latencyMs: number; bottleneckMs: number } };

/** `request`: of all of them. Those beside `first`, `count` − 1 of them, or why there are not as many. */
export async function addReplicas(drawn: Problem, request: PlanRequest, first: Placement, { count, seed, signal, running = null, budgetMs = REPLICA_BUDGET_MS, limits }: AddReplicas): Promise<PlanReplica[] | Infeasible> {
  const problem = enteredAtFirst(drawn, first);
  const one = ofOneReplica(request, count);
  const replicas: PlanReplica[] = [];
  while (replicas.length + 1 < count) {
    const placed = [first, ...replicas.map((replica) => replica.placement)];
    let refusals: Infeasible["refusals"] = [];
    let added: PlanReplica | null = null;
    // What the placed ones hold of what runs counts with them.
    const loaded = (running ?? []).flat().filter((stage) => !placed.flat().some((other) => isSameStage(stage, other)));
    for (const way of waysToAdd(problem, one, placed)) {
      const search = within(buildSearch(way.problem, way.request, { running, loaded }), limits);
      const { outcome, solver } = await runSearch(search, { seed, budgetMs, ...(signal ? { signal } : {}) });
      const found = finishSearch(way.problem, way.request, search, outcome, { solver, seed, running: [loaded] });
      refusals = "infeasible" in found ? found.refusals : whyNotAdd(problem, request, placed, found.placement);
      if ("infeasible" in found || refusals.length > 0) continue;
      const { lowerBound, gap, proved } = found.origin;
      added = { placement: found.placement, estimate: found.estimate, proof: { lowerBound, gap, proved } };
      break;
    }
    if (!added) return { infeasible: true, refusals: refusals.map((refusal) => ({ ...refusal, message: refusal.message.startsWith("Replica") ? refusal.message : `Replica ${placed.length + 1}: ${refusal.message}` })) };
    replicas.push(added);
  }
  const refusals = checkReplicas(problem, [first, ...replicas.map((replica) => replica.placement)], { request, running });
  return refusals.length > 0 ? { infeasible: true, refusals } : replicas;
}

function within(search: SearchRequest, limits: AddReplicas["limits"]): SearchRequest {
  const { instance } = search;
  return limits ? { ...search, instance: { ...instance, limits: { ...instance.limits, latencyMs: Math.min(instance.limits.latencyMs, limits.latencyMs), bottleneckMs: Math.min(instance.limits.bottleneckMs, limits.bottleneckMs) } } } : search;
}

/** How many to try, fewest first. */
export function replicaCounts({ replicas }: Pick<PlanRequest, "replicas">, most: number): number[] {
  return replicas === "as-needed" ? Array.from({ length: most }, (_, index) => index + 1) : [replicas ?? 1];
}
