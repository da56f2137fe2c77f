// Fixes where each stage of a plan runs, now: the drawing's nodes become enrolled ones, the layer ranges become segments. Refuses what can't run.
import { AppError } from "../errors.ts";
import { checkReplicas } from "../planner/replicas/check-replicas.ts";
import type { Placement } from "../planner/plan.ts";
import { rulesOf } from "../planner/plan-request.ts";
import { stageMemoryBytes } from "../planner/stage-memory.ts";
import type { RevisionStage } from "../policy/snapshot.ts";
import { findSegment } from "../store/segments.ts";
import { findPlan, type StoredPlan } from "../store/plans.ts";
import { allPlacements } from "./create-plan.ts";
import type { Deps } from "./deps.ts";
import { loadProblem } from "./load-problem.ts";
import { notFound } from "./not-found.ts";
import { prepareSegments } from "./prepare-segments.ts";

export type ResolvedPlan = { plan: StoredPlan; stages: RevisionStage[]; sourceNodeId: string };

/**
 * `deploymentId`: what it holds of the nodes itself is not counted; null for a new one. `loaded`: the stages it runs, which stay loaded until the new ones serve. A cordon keeps new work away from their
 * nodes, it does not stop the rest from moving. `apart`: they leave memory first, where both do not fit. May take long for a large model whose segments were never made. @throws AppError not-found, conflict (parity), infeasible (with `details.refusals`)
 */
export async function resolveStages(deps: Deps, planId: string, deploymentId: string | null, loaded: readonly RevisionStage[] = [], apart = false): Promise<ResolvedPlan> {
  const plan = await findPlan(deps.db, planId);
  if (!plan) throw notFound("plan", planId, "planId");
  if (plan.parity.status === "different") throw new AppError("conflict", "The plan's segments do not compute what the whole model computes.", { place: "planId", fix: "Choose other cuts.", details: plan.parity });
  if (plan.parity.status === "failed") throw new AppError("conflict", `The plan's parity check failed: ${plan.parity.message}`, { place: "planId", fix: "Make the plan again." });
  const { problem, topology, model } = await loadProblem(deps, { modelId: plan.modelId, topologyId: plan.topologyId, beside: deploymentId, asDrawn: true });
  const running = loaded.flatMap(({ nodeId, segmentId: _, memoryBytes: _bytes, replica: _replica, ...stage }): Placement => topology.document.nodes.filter((node) => node.nodeId === nodeId).slice(0, 1).map((node) => ({ ...stage, topologyNodeId: node.id })));
  const held = new Set(running.map((stage) => stage.topologyNodeId));
  const placements = allPlacements(plan.plan);
  const refusals = checkReplicas(problem, placements, { forDeploy: true, request: { ...rulesOf(plan.plan.request ?? {}), bothLoaded: !apart }, running: [running] }).filter((refusal) => refusal.code !== "node-cordoned" || !held.has(refusal.topologyNodeId ?? ""));
  const first = refusals[0];
  if (first) throw new AppError("infeasible", first.message, { place: "planId", details: { refusals }, ...(first.fix ? { fix: first.fix } : {}) });
  const ranges = distinctRanges(placements.flat());
  await prepareSegments(deps, model.id, ranges);
  const nodeIdOf = (topologyNodeId: string): string => {
    const nodeId = topology.document.nodes.find((node) => node.id === topologyNodeId)?.nodeId;
    if (!nodeId) throw new AppError("infeasible", "A stage is on a node that is only planned.", { place: topologyNodeId, fix: "Put a live node in its place." });
    return nodeId;
  };
  const stages: RevisionStage[] = [];
  for (const [index, placement] of placements.entries()) for (const { from, to, topologyNodeId, session } of placement) {
    const segment = await findSegment(deps.db, model.id, { from, to });
    if (!segment) throw new AppError("internal", `Segment [${from}, ${to}) was not made.`);
    stages.push({ from, to, nodeId: nodeIdOf(topologyNodeId), segmentId: segment.spec.segmentId, ...(session ? { session } : {}), memoryBytes: stageMemoryBytes(problem, from, to), ...(index === 0 ? {} : { replica: index + 1 }) });
  }
  const source = topology.document.nodes.find((node) => node.id === topology.document.sourceId)?.nodeId;
  return { plan, stages, sourceNodeId: source ?? (stages[0] as RevisionStage).nodeId };
}

/** Replicas that are cut alike have their segments in common. */
export function distinctRanges(stages: Placement): { from: number; to: number }[] {
  return [...new Map(stages.map(({ from, to }) => [`${from} ${to}`, { from, to }])).values()];
}
