// Owns which plans an analysis tries, each in which mode: what runs, the planner's best, kept ones, times the threads that were asked for.
import { AppError } from "../../errors.ts";
import { canonicalJson } from "../../planner/canonical-json.ts";
import { DEFAULT_SESSION } from "../../planner/default-session.ts";
import type { Placement, Plan } from "../../planner/plan.ts";
import type { AnalysisRequest, PlanWish, Variant } from "../../policy/analyze/analysis.ts";
import { findPlan, type StoredPlan } from "../../store/plans.ts";
import { findTopology } from "../../store/topologies.ts";
import { checkPlanParity } from "../check-plan-parity.ts";
import { allPlacements, createPlan, findRunningPlan } from "../create-plan.ts";
import type { Actor, Deps } from "../deps.ts";
import { findOrThrow } from "../find-or-throw.ts";
import { searchPlan } from "../search-plan.ts";
import { awaitOperation } from "./await-operation.ts";

export type Scope = { modelId: string; topologyId: string; deploymentId: string | null };
type Base = Pick<Plan, "placement" | "replicas" | "request"> & { label: string; /** Null = the planner's, not kept yet. */ stored: StoredPlan | null; origin?: Plan["origin"] };

/** What cannot be tried stays in the list, with why. Plans that are made for it are kept and checked like any other. */
export async function findVariants(deps: Deps, scope: Scope, request: Pick<AnalysisRequest, "plans" | "threads">, { actor, signal }: { actor: Actor; signal: AbortSignal }): Promise<Variant[]> {
  const variants: Variant[] = [];
  const tried = new Set<string>();
  for (const wish of request.plans) {
    const base = await findBase(deps, scope, wish, signal).catch(toRefusal(signal));
    for (const threads of request.threads) {
      signal.throwIfAborted();
      if ("refused" in base) {
        variants.push({ planId: null, planRevision: null, wish, threads, label: withThreads(wishText(wish), threads), nodeIds: [], refused: base.refused });
        continue;
      }
      const label = withThreads(base.label, threads);
      const plan = await keepPlan(deps, scope, base, threads, actor, signal).catch(toRefusal(signal));
      if ("refused" in plan) {
        variants.push({ planId: null, planRevision: null, wish, threads, label, nodeIds: [], refused: plan.refused });
        continue;
      }
      // The planner's best may be what runs already, and a plan's own mode may be the one asked for.
      const same = canonicalJson(allPlacements(plan.plan));
      if (tried.has(same)) continue;
      tried.add(same);
      variants.push({ planId: plan.id, planRevision: plan.revision, wish, threads, label, nodeIds: await nodesOf(deps, plan), refused: null });
    }
  }
  return variants;
}

/** A refusal is a result; anything else is not. */
const toRefusal = (signal: AbortSignal) => (error: unknown): { refused: string } => {
  if (signal.aborted || !(error instanceof AppError)) throw error;
  return { refused: error.message };
};

async function findBase(deps: Deps, scope: Scope, wish: PlanWish, signal: AbortSignal): Promise<Base> {
  if (wish.kind === "best") {
    const found = await searchPlan(deps, { modelId: scope.modelId, topologyId: scope.topologyId, objective: wish.objective }, { signal });
    if ("infeasible" in found) throw new AppError("infeasible", found.refusals[0]?.message ?? "There is no plan.");
    return { placement: found.placement, ...(found.replicas ? { replicas: found.replicas } : {}), request: found.request, label: wishText(wish), stored: null, origin: found.origin };
  }
  const stored = wish.kind === "current" ? scope.deploymentId && (await findRunningPlan(deps, scope.deploymentId)) : await findOrThrow(findPlan(deps.db, wish.planId), "plan", wish.planId);
  if (!stored) throw new AppError("conflict", "Nothing runs, so there is no current plan.", { fix: "Choose a plan, or one of the planner's." });
  if (stored.modelId !== scope.modelId || stored.topologyId !== scope.topologyId) throw new AppError("bad-request", `Plan ${stored.revision} is of another model or topology.`);
  return { ...stored.plan, label: `plan ${stored.revision}${wish.kind === "current" ? ", which runs" : ""}`, stored };
}

async function keepPlan(deps: Deps, scope: Scope, base: Base, threads: number | null, actor: Actor, signal: AbortSignal): Promise<StoredPlan> {
  if (threads === null && base.stored) return base.stored;
  const placement = inMode(base.placement, threads);
  const { plan, created } = await createPlan(deps, {
    modelId: scope.modelId, topologyId: scope.topologyId, placement, replicas: (base.replicas ?? []).map((replica) => ({ placement: inMode(replica.placement, threads) })), ...(base.request ? { request: base.request } : {}), ...(threads === null && base.origin ? { origin: base.origin } : {}),
  }, actor);
  if (created) await awaitOperation(deps, (await checkPlanParity(deps, plan.id, actor)).id, signal);
  return plan;
}

/** Every stage with as many threads; the default mode is told by saying none. */
function inMode(placement: Placement, threads: number | null): Placement {
  if (threads === null) return placement;
  return placement.map(({ session, ...stage }) => {
    const wanted = { ...(session ?? DEFAULT_SESSION), intraOpThreads: threads };
    return canonicalJson(wanted) === canonicalJson(DEFAULT_SESSION) ? stage : { ...stage, session: wanted };
  });
}

async function nodesOf(deps: Deps, plan: StoredPlan): Promise<string[]> {
  const topology = await findOrThrow(findTopology(deps.db, plan.topologyId), "topology", plan.topologyId);
  const placed = new Set(allPlacements(plan.plan).flat().map((stage) => stage.topologyNodeId));
  return topology.document.nodes.flatMap((node) => (node.nodeId !== null && placed.has(node.id) ? [node.nodeId] : []));
}

function wishText(wish: PlanWish): string {
  return wish.kind === "best" ? `the planner’s ${wish.objective === "latency" ? "lowest latency" : "highest throughput"}` : wish.kind === "current" ? "the plan that runs" : "the chosen plan";
}

const withThreads = (label: string, threads: number | null): string => (threads === null ? label : `${label}, ${threads} ${threads === 1 ? "thread" : "threads"} a stage`);
