// Says what draining a node would do, without doing it: where each deployment's layers would go and what that changes, or why they can't.
import { diffPlacements } from "../planner/diff-placements.ts";
import { estimatePlacement } from "../planner/estimate.ts";
import type { Estimate, Placement, Plan, PlanDiff } from "../planner/plan.ts";
import { placeWithout } from "../policy/place-without.ts";
import { listDeployments, listRevisions } from "../store/deployments.ts";
import { findNode } from "../store/nodes.ts";
import { findPlan } from "../store/plans.ts";
import { type DeploymentOnNode, deploymentsOnNode } from "./deployments-on-node.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { loadProblem } from "./load-problem.ts";

export type Reason = { message: string; fix: string | null };
export type DrainedTo = { placement: Placement; origin: Plan["origin"]; estimate: Estimate; diff: PlanDiff };
export type DrainPreview = {
  nodeId: string;
  name: string;
  cordoned: boolean;
  /** Every deployment on it can leave. */
  possible: boolean;
  /** `to` is null where it can't leave: `reasons` says why. `nodes`: names of the drawing's. */
  deployments: { deploymentId: string; name: string; nodes: { id: string; name: string }[]; to: DrainedTo | null; reasons: Reason[] }[];
  /** Stopped ones that ran there last: to start them again they need a new plan once the node is gone. */
  stoppedHere: { deploymentId: string; name: string }[];
};

/** @throws AppError not-found */
export async function previewDrain(deps: Deps, nodeId: string): Promise<DrainPreview> {
  const node = await findOrThrow(findNode(deps.db, nodeId).then((found) => (found?.removedAt ? null : found)), "node", nodeId);
  const deployments: DrainPreview["deployments"] = [];
  for (const one of await deploymentsOnNode(deps.db, nodeId)) {
    const { deployment, isMoving, entersHere } = one;
    const entry = { deploymentId: deployment.id, name: deployment.name };
    const reasons: Reason[] = [];
    if (entersHere) reasons.push({ message: `Requests of ${deployment.name} enter at ${node.name}; its clients know that address.`, fix: `Stop ${deployment.name}, or deploy it anew with another ingress.` });
    if (isMoving) reasons.push({ message: `${deployment.name} is being moved.`, fix: "Wait until that is done, or cancel it." });
    const found = reasons.length > 0 ? null : await placeOff(deps, one, nodeId);
    if (found && "reasons" in found) reasons.push(...found.reasons);
    const { nodes, to } = found && "to" in found ? found : { nodes: [], to: null };
    deployments.push({ ...entry, nodes, to, reasons });
  }
  return { nodeId, name: node.name, cordoned: node.cordoned, possible: deployments.every((one) => one.to !== null), deployments, stoppedHere: await stoppedOnNode(deps, nodeId) };
}

/** Where a deployment's layers would go in today's figures. */
export async function placeOff(deps: Deps, { deployment, current }: Pick<DeploymentOnNode, "deployment" | "current">, nodeId: string): Promise<{ nodes: { id: string; name: string }[]; to: DrainedTo } | { reasons: Reason[] }> {
  const plan = current && (await findPlan(deps.db, current.planId));
  if (!plan) return { reasons: [{ message: `Nothing of ${deployment.name} serves yet.`, fix: "Wait until it does, or stop it." }] };
  const { problem, topology } = await loadProblem(deps, { modelId: plan.modelId, topologyId: plan.topologyId, beside: deployment.id });
  const leaving = topology.document.nodes.filter((drawn) => drawn.nodeId === nodeId).map((drawn) => drawn.id);
  const running = plan.plan.placement;
  const placed = placeWithout(problem, running, leaving);
  if ("infeasible" in placed) return { reasons: placed.refusals.map(({ message, fix }) => ({ message, fix })) };
  const estimate = estimatePlacement(problem, placed.placement);
  if (!estimate) return { reasons: [{ message: "The new placement can't be estimated.", fix: "Look at the topology's links." }] };
  return { nodes: topology.document.nodes.map(({ id, name }) => ({ id, name })), to: { ...placed, estimate, diff: diffPlacements(problem, running, placed.placement) } };
}

export async function stoppedOnNode(deps: Deps, nodeId: string): Promise<DrainPreview["stoppedHere"]> {
  const stopped = (await listDeployments(deps.db)).filter((deployment) => deployment.desired === "stopped");
  const last = await Promise.all(stopped.map(async (deployment) => ({ deployment, revisions: await listRevisions(deps.db, deployment.id) })));
  return last
    .filter(({ deployment, revisions }) => (revisions.find((one) => one.id === deployment.currentRevisionId) ?? revisions[0])?.stages.some((stage) => stage.nodeId === nodeId))
    .map(({ deployment }) => ({ deploymentId: deployment.id, name: deployment.name }));
}
