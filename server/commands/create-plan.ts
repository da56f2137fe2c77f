// Owns how plans are tried, made and compared. A plan is immutable; its parity check is started by whoever makes it.
import { AppError } from "../errors.ts";
import { newId } from "../ids.ts";
import { canonicalJson } from "../planner/canonical-json.ts";
import { checkPlacement } from "../planner/check-placement.ts";
import { diffReplicas } from "../planner/replicas/diff-replicas.ts";
import { estimatePlacement } from "../planner/estimate.ts";
import { explainEstimate } from "../planner/explain.ts";
import type { Estimate, Placement, Plan, PlanDiff, PlanReplica, Refusal, Together } from "../planner/plan.ts";
import { MAX_REPLICAS, type PlanRequest, rulesOf } from "../planner/plan-request.ts";
import type { Problem } from "../planner/problem.ts";
import { checkReplicas } from "../planner/replicas/check-replicas.ts";
import { assessPlan } from "../planner/replicas/assess-plan.ts";
import { combineReplicas } from "../planner/replicas/combine-replicas.ts";
import { enteredAtFirst } from "../planner/replicas/entered-at-first.ts";
import { sayReplicas } from "../planner/replicas/next-replica.ts";
import { ofOneReplica } from "../planner/replicas/of-one-replica.ts";
import type { FetchBill } from "../policy/fetch-bill.ts";
import { findDeployment, findRevisions } from "../store/deployments.ts";
import { findPlan, findPlanByHash, insertPlan, type StoredPlan } from "../store/plans.ts";
import { addReplicas, replicaCounts } from "./add-replicas.ts";
import { billMove } from "./bill-move.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { type LoadedProblem, loadProblem, sha256 } from "./load-problem.ts";

export type PlanPreview = { /** Of the first replica. */ estimate: Estimate | null; refusals: Refusal[]; diff: PlanDiff | null; together?: Together };
export type PlanInput = {
  modelId: string;
  topologyId: string;
  placement: Placement;
  /** Further whole pipelines beside it; left out where the request asks for some = they are planned. */
  replicas?: { placement: Placement; proof?: PlanReplica["proof"] }[];
  origin?: Plan["origin"];
  /** What was asked of it; it must keep to it. */
  request?: PlanRequest;
  /** Which deployment it is for: memory is counted beside all others. */
  deploymentId?: string;
};

/** What a placement would do, without keeping anything. With a deployment: against what runs there. */
export async function previewPlan(deps: Deps, input: PlanInput): Promise<PlanPreview> {
  const { problem } = await loadProblem(deps, { ...input, beside: input.deploymentId ?? null });
  const running = input.deploymentId === undefined ? null : await findRunningPlan(deps, input.deploymentId);
  const isHere = running?.topologyId === input.topologyId && running.modelId === input.modelId;
  const placements = [input.placement, ...(input.replicas ?? (isHere ? running.plan.replicas : undefined) ?? []).map((replica) => replica.placement)];
  const { estimate, refusals, together } = assessPlan(problem, { objective: "latency", ...input.request }, placements, isHere ? allPlacements(running.plan) : null);
  const diff = estimate && running ? diffReplicas(problem, allPlacements(running.plan), [input.placement, ...(input.replicas ?? running.plan.replicas ?? []).map((replica) => replica.placement)]) : null;
  return { estimate, refusals, diff, ...(together ? { together } : {}) };
}

/**
 * Checks, estimates and keeps a placement as a plan. The same inputs and placement again give the plan that is there.
 * @throws AppError infeasible with every refusal in its details.
 */
export async function createPlan(deps: Deps, input: PlanInput, actor: Actor): Promise<{ plan: StoredPlan; created: boolean }> {
  const loaded = await loadProblem(deps, { modelId: input.modelId, topologyId: input.topologyId, ...(input.deploymentId === undefined ? {} : { beside: input.deploymentId }) });
  const plan = makePlan(loaded, { ...input, replicas: input.replicas ?? (await plannedReplicas(loaded.problem, input)) });
  const hash = planHash(plan);
  return deps.publisher.transact(async (tx, append) => {
    const known = await findPlanByHash(tx, { modelId: input.modelId, topologyId: input.topologyId, hash });
    if (known) return { plan: known, created: false };
    const stored = await insertPlan(tx, {
      id: newId("pln"),
      hash,
      modelId: input.modelId,
      topologyId: input.topologyId,
      topologyRevision: loaded.topology.revision,
      plan,
      createdAt: new Date(deps.clock.now()),
      createdBy: actor,
    });
    const stages = plan.placement.length;
    const replicas = 1 + (plan.replicas?.length ?? 0);
    await append({
      name: "plan.created",
      subjectId: stored.id,
      actor,
      message: `Plan ${stored.revision} of “${loaded.model.name}” on “${loaded.topology.name}”: ${replicas === 1 ? "" : `${replicas} replicas, `}${stages} ${stages === 1 ? "stage" : "stages"}, ${plan.estimate.latencyMs.toFixed(1)} ms predicted.`,
      payload: { planId: stored.id, modelId: input.modelId, topologyId: input.topologyId },
    });
    return { plan: stored, created: true };
  });
}

/** How the search went is kept beside it: the same placement found again, on another day or faster, is the same plan. */
function planHash({ origin, ...plan }: Plan): string {
  const { search: _search, ...kept } = origin.by === "solver" ? origin : { ...origin, search: undefined };
  return sha256(canonicalJson({ ...plan, origin: kept }));
}

/** Of each replica. */
export const allPlacements = ({ placement, replicas = [] }: Pick<Plan, "placement" | "replicas">): Placement[] => [placement, ...replicas.map((replica) => replica.placement)];

/** @throws AppError infeasible where there is no room for as many as asked */
export async function plannedReplicas(problem: Problem, { placement, request, running = null }: { placement: Placement; request?: PlanRequest | undefined; running?: readonly Placement[] | null }): Promise<PlanReplica[]> {
  if (request?.replicas === undefined) return [];
  let refusals: Refusal[] = [];
  for (const count of replicaCounts(request, MAX_REPLICAS)) {
    refusals = checkPlacement(problem, placement, { request: ofOneReplica(request, count), running });
    const planned = refusals.length > 0 ? { infeasible: true as const, refusals } : await addReplicas(problem, request, placement, { count, seed: 1, running });
    if (!("infeasible" in planned)) return planned;
    refusals = planned.refusals;
  }
  throw new AppError("infeasible", refusals[0]?.message ?? "There is no room for as many replicas.", { place: "request.replicas", ...(refusals[0]?.fix ? { fix: refusals[0].fix } : {}), details: { refusals } });
}

function makePlan({ problem: drawn, model, inputsHash }: LoadedProblem, input: PlanInput): Plan {
  const placements = [input.placement, ...(input.replicas ?? []).map((replica) => replica.placement)];
  const problem = placements.length > 1 ? enteredAtFirst(drawn, input.placement) : drawn;
  const refusals = checkReplicas(problem, placements, { request: rulesOf(input.request ?? {}) });
  const [estimate, ...others] = placements.map((placement) => estimatePlacement(problem, placement));
  const replicas = others.flatMap((one, index): PlanReplica[] => {
    const { placement, proof } = input.replicas?.[index] ?? { placement: [] };
    return one ? [{ placement, estimate: one, ...(proof ? { proof } : {}) }] : [];
  });
  const first = refusals[0];
  if (first || !estimate || replicas.length < others.length) {
    throw new AppError("infeasible", first?.message ?? "This placement can't be estimated.", { place: "placement", ...(first?.fix ? { fix: first.fix } : {}), details: { refusals } });
  }
  return {
    modelDigest: model.digest,
    inputsHash,
    placement: input.placement,
    estimate,
    ...(replicas.length > 0 ? { replicas, together: combineReplicas(problem, [estimate, ...replicas.map((replica) => replica.estimate)]) } : {}),
    origin: input.origin ?? { by: "operator" },
    ...(input.request === undefined ? {} : { request: input.request }),
    explanation: [...sayReplicas(problem, placements), ...explainEstimate(problem, estimate)],
  };
}

/** From `against` (a plan or a deployment's running plan) to the plan, in today's figures. @throws AppError bad-request for plans of different models. */
export async function diffPlan(deps: Deps, planId: string, against: string): Promise<PlanDiff> {
  const after = await findOrThrow(findPlan(deps.db, planId), "plan", planId);
  const before = against.startsWith("dep_") ? await findRunningPlan(deps, against) : await findOrThrow(findPlan(deps.db, against), "plan", against);
  if (before && before.modelId !== after.modelId) throw new AppError("bad-request", "The two plans are of different models.", { place: "against", fix: "Compare plans of one model." });
  const { problem, topology } = await loadProblem(deps, after);
  const diff = diffReplicas(problem, before ? allPlacements(before.plan) : null, allPlacements(after.plan));
  const nodeIds = new Map(topology.document.nodes.map((node) => [node.id, node.nodeId]));
  const placed = allPlacements(after.plan).flat();
  const stages = placed.flatMap(({ from, to, topologyNodeId }) => { const nodeId = nodeIds.get(topologyNodeId); return nodeId ? [{ from, to, nodeId }] : []; });
  if (stages.length < placed.length) return diff;
  const entryNodeIds = against.startsWith("dep_") ? ((await findDeployment(deps.db, against))?.settings.ingressNodeIds ?? []) : [];
  return withBill(diff, await billMove(deps, deps.db, { planId, modelId: after.modelId, stages, entryNodeIds }));
}

/** What segments that are made really are, in place of what layers tell of them. */
function withBill(diff: PlanDiff, bill: FetchBill | null): PlanDiff {
  if (!bill) return diff;
  // The stages of the plan come first, in its order.
  return { ...diff, shipBytes: bill.bytes, entryBytes: bill.entryBytes, stages: diff.stages.map((stage, k) => ({ ...stage, shipBytes: bill.stageBytes[k] ?? stage.shipBytes })) };
}

/** Null while nothing runs. @throws AppError not-found */
export async function findRunningPlan(deps: Deps, deploymentId: string): Promise<StoredPlan | null> {
  const deployment = await findOrThrow(findDeployment(deps.db, deploymentId), "deployment", deploymentId);
  if (deployment.currentRevisionId === null) return null;
  const [revision] = await findRevisions(deps.db, [deployment.currentRevisionId]);
  return revision ? findPlan(deps.db, revision.planId) : null;
}
