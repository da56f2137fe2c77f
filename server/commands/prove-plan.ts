// Owns a plan's second opinion: the same request as a linear programme, solved by HiGHS, which shares nothing with the planner's own solvers.
import { toPlacement, toStages } from "../planner/build-instance.ts";
import { buildSearch } from "../planner/build-search.ts";
import type { Placement } from "../planner/plan.ts";
import type { PlanRequest } from "../planner/plan-request.ts";
import { provePlan as prove } from "../threads/prove-plan.ts";
import { ofOneReplica } from "../planner/replicas/of-one-replica.ts";
import type { Deps } from "./deps.ts";
import { loadProblem } from "./load-problem.ts";
import { runningReplicas } from "./running-replicas.ts";

export const DEFAULT_PROOF_MS = 20_000;
export const MAX_PROOF_MS = 60_000;

export type ProveInput = PlanRequest & { modelId: string; topologyId: string; deploymentId?: string; placement?: Placement; timeLimitMs?: number };
export type ProveAnswer = {
  /** optimal = no plan costs less; stopped = out of time, the bound holds; too-large = not tried; not-linear = not tried, since waiting under a demand is no sum. */
  status: "optimal" | "infeasible" | "stopped" | "too-large" | "not-linear";
  cost: number | null;
  bound: number | null;
  placement: Placement | null;
  columns: number;
  rows: number;
};

/** `placement` is where it begins; the answer's is the one that costs least. */
export async function provePlan(deps: Deps, input: ProveInput, signal?: AbortSignal): Promise<ProveAnswer> {
  const { modelId, topologyId, deploymentId, placement, timeLimitMs = DEFAULT_PROOF_MS, ...asked } = input;
  const request = ofOneReplica(asked);
  const [{ problem }, running] = await Promise.all([loadProblem(deps, { modelId, topologyId, beside: deploymentId ?? null }), runningReplicas(deps, input)]);
  const { instance, objective, moving } = buildSearch(problem, request, { running });
  const incumbent = placement ? toStages(problem, placement) : null;
  const proof = await prove({ instance, objective, ...(moving ? { moving } : {}), ...(incumbent ? { incumbent } : {}), timeLimitMs }, signal ? { signal } : {});
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  return { status: proof.status, cost: finite(proof.cost), bound: finite(proof.bound), placement: proof.stages && toPlacement(problem, instance, proof.stages), columns: proof.columns, rows: proof.rows };
}
