// Owns a plan's second opinion, of each of its replicas: the same request as a linear programme, solved by HiGHS, which shares nothing with the planner's own solvers.
import { toPlacement, toStages } from "../planner/build-instance.ts";
import { buildSearch } from "../planner/build-search.ts";
import { estimatePlacement } from "../planner/estimate.ts";
import type { Placement, WholeCost } from "../planner/plan.ts";
import type { PlanRequest } from "../planner/plan-request.ts";
import { provePlan as prove } from "../threads/prove-plan.ts";
import { enteredAtFirst } from "../planner/replicas/entered-at-first.ts";
import { ofOneReplica } from "../planner/replicas/of-one-replica.ts";
import { oneOfSeveral } from "../planner/replicas/one-of-several.ts";
import { costOfWhole } from "../planner/replicas/whole-cost.ts";
import type { Deps } from "./deps.ts";
import { loadProblem } from "./load-problem.ts";
import { runningReplicas } from "./running-replicas.ts";

export const DEFAULT_PROOF_MS = 20_000;
export const MAX_PROOF_MS = 60_000;

export type ProveInput = PlanRequest & { modelId: string; topologyId: string; deploymentId?: string; placement?: Placement; /** Further replicas of the plan. */ further?: { placement: Placement }[]; timeLimitMs?: number };
export type ReplicaProof = {
  /** optimal = no plan costs less; stopped = out of time, the bound holds; too-large = not tried; not-linear = not tried, since waiting under a demand is no sum. */
  status: "optimal" | "infeasible" | "stopped" | "too-large" | "not-linear";
  cost: number | null;
  bound: number | null;
  placement: Placement | null;
  columns: number;
  rows: number;
};
/** Of the first replica, and of the further ones that are given: each with the others as they are. */
export type ProveAnswer = ReplicaProof & {
  /** What the proof is of: a plan of one pipeline, or one replica. */
  of: "plan" | "replica";
  replicas?: ReplicaProof[];
  /** Of all of them; absent = none given. */
  whole?: WholeCost;
};

/** `placement` is where it begins; the answer's is the one that costs least. The time is shared among replicas. */
export async function provePlan(deps: Deps, input: ProveInput, signal?: AbortSignal): Promise<ProveAnswer> {
  const { modelId, topologyId, deploymentId, placement, further = [], timeLimitMs = DEFAULT_PROOF_MS, ...request } = input;
  const [{ problem }, running] = await Promise.all([loadProblem(deps, { modelId, topologyId, beside: deploymentId ?? null }), runningReplicas(deps, input)]);
  const placements = placement ? [placement, ...further.map((one) => one.placement)] : [];
  const proofs: [ReplicaProof, ...ReplicaProof[]] = [await proveOne(0)];
  for (let index = 1; index < placements.length; index++) proofs.push(await proveOne(index));
  const [first, ...replicas] = proofs;
  if (replicas.length === 0) return { of: typeof request.replicas === "number" && request.replicas > 1 ? "replica" : "plan", ...first };
  const entered = enteredAtFirst(problem, placements[0] ?? []);
  const estimates = placements.flatMap((one) => estimatePlacement(entered, one) ?? []);
  // Beside the others less is allowed than a bound of all must allow: only a proof of the first alone bounds the whole.
  const alone = await proveOne(0, [placements[0] ?? []]);
  return { of: "replica", ...first, replicas, whole: costOfWhole(problem, request, { estimates: estimates.length === placements.length ? estimates : [], running, firstBound: alone.bound }) };

  async function proveOne(index: number, among: readonly Placement[] = placements): Promise<ReplicaProof> {
    const one = oneOfSeveral(problem, request, among, index, running);
    const asked = among.length < placements.length ? { ...one, request: ofOneReplica(request, placements.length) } : one;
    const { instance, objective, moving } = buildSearch(asked.problem, asked.request, { running, loaded: asked.loaded });
    const given = among[index] ?? null;
    const incumbent = given ? toStages(asked.problem, given) : null;
    const proof = await prove({ instance, objective, ...(moving ? { moving } : {}), ...(incumbent ? { incumbent } : {}), timeLimitMs: timeLimitMs / Math.max(1, placements.length + Number(placements.length > 1)) }, signal ? { signal } : {});
    const finite = (value: number) => (Number.isFinite(value) ? value : null);
    return { status: proof.status, cost: finite(proof.cost), bound: finite(proof.bound), placement: proof.stages && toPlacement(asked.problem, instance, proof.stages), columns: proof.columns, rows: proof.rows };
  }
}
