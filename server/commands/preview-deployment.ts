// Says what an action on a deployment would do, from its rows and what its nodes say now. Does nothing.
import { deploymentSample } from "../live/deployment-sample.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { readSnapshot } from "../live/read-snapshot.ts";
import type { PlanDiff } from "../planner/plan.ts";
import { STAGE_PROCESS_BYTES } from "../planner/stage-memory.ts";
import type { ActionPreview } from "../policy/action-preview.ts";
import { type DeploymentAction, type DeploymentFacts, previewDeployment as previewOf } from "../policy/preview-deployment.ts";
import type { DeploymentView, FleetSnapshot, StageView } from "../policy/snapshot.ts";
import { assignmentIdOf } from "../policy/stable-id.ts";
import { findDeployment, findRevisions, listRevisions, type StoredDeployment, type StoredRevision } from "../store/deployments.ts";
import { findTopology } from "../store/topologies.ts";
import { diffPlan } from "./create-plan.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { type MovePreview, previewMove } from "./preview-move.ts";
import { chooseRollBackTarget } from "./roll-back.ts";

/** `diff`: where another revision would serve; `way`: how it would get there. `nodes`: names of its drawing's. */
export type DeploymentPreview = ActionPreview & { toRevision: number | null; way: MovePreview | null; diff: PlanDiff | null; nodes: { id: string; name: string }[] };

/** @throws AppError not-found (the deployment, or `toRevision`) */
export async function previewDeployment(deps: Deps, input: { deploymentId: string; action: DeploymentAction; toRevision?: number }): Promise<DeploymentPreview> {
  const deployment = await findOrThrow(findDeployment(deps.db, input.deploymentId), "deployment", input.deploymentId);
  const snapshot = await readSnapshot(deps.db, deps.clock.now());
  const view = snapshot.deployments.find((one) => one.deploymentId === deployment.id);
  const revisions = await listRevisions(deps.db, deployment.id);
  const target = await findTarget(deps, deployment, revisions, input);
  const facts = await factsOf(deps, { deployment, revisions, snapshot, view, target });
  const mayGo = target !== null && facts.target !== null && input.action === "roll-back" && previewOf(input.action, facts).possible;
  const way = mayGo && deployment.currentRevisionId !== null ? await previewMove(deps, { deploymentId: deployment.id, planId: target.planId, stages: target.stages }) : null;
  const preview = previewOf(input.action, facts.target && way ? { ...facts, target: { ...facts.target, way } } : facts);
  const isShown = mayGo && preview.possible;
  const [diff, topology] = isShown ? await Promise.all([diffPlan(deps, target.planId, deployment.id), findTopology(deps.db, deployment.topologyId)]) : [null, null];
  return { ...preview, toRevision: target?.number ?? null, way, diff, nodes: topology?.document.nodes.map(({ id, name }) => ({ id, name })) ?? [] };
}

async function findTarget(deps: Deps, deployment: StoredDeployment, revisions: StoredRevision[], input: { action: DeploymentAction; toRevision?: number }): Promise<StoredRevision | null> {
  const current = revisions.find((revision) => revision.id === deployment.currentRevisionId) ?? null;
  if (input.action === "start") return current ?? revisions[0] ?? null;
  return input.action === "roll-back" ? chooseRollBackTarget(deps.db, deployment.id, current, input.toRevision) : null;
}

type Known = { deployment: StoredDeployment; revisions: StoredRevision[]; snapshot: FleetSnapshot; view: DeploymentView | undefined; target: StoredRevision | null };

async function factsOf(deps: Deps, { deployment, revisions, snapshot, view, target }: Known): Promise<DeploymentFacts> {
  const sample = view ? deploymentSample(liveFleet(deps.db), view, null, snapshot.nowMs) : null;
  const [keyCount, moving] = await Promise.all([
    deps.db.credential.count({ where: { kind: "inference", deploymentId: deployment.id, revokedAt: null } }),
    view?.migration ? findRevisions(deps.db, [view.migration.toRevisionId]) : [],
  ]);
  const urls = deployment.settings.ingressNodeIds.flatMap((nodeId) => snapshot.nodes.get(nodeId)?.ingress.filter((route) => route.deploymentId === deployment.id).map((route) => route.url) ?? []);
  return {
    name: deployment.name,
    desired: deployment.desired,
    currentRevision: revisions.find((revision) => revision.id === deployment.currentRevisionId)?.number ?? null,
    migration: view?.migration ? { state: view.migration.state, toRevision: moving[0]?.number ?? 0 } : null,
    requestsPerSecond: sample?.requestsPerSecond ?? null,
    inFlight: sample?.inFlight ?? null,
    stages: deployment.desired === "stopped" ? [] : (view?.revisions.flatMap((revision) => revision.stages.map((stage) => ({ nodeName: snapshot.nodes.get(stage.nodeId)?.name ?? stage.nodeId, from: stage.from, to: stage.to, memoryBytes: residentBytes(snapshot, deployment.id, stage) ?? stage.segment.memoryBytes + STAGE_PROCESS_BYTES }))) ?? []),
    ingressUrls: urls,
    revisionCount: revisions.length,
    keyCount,
    target: target && { number: target.number, missing: missingNodes(snapshot, target), entries: otherEntries(snapshot, deployment, target) },
  };
}

/** As the node measured it; null = it has not said. */
function residentBytes(snapshot: FleetSnapshot, deploymentId: string, stage: StageView): number | null {
  const assignmentId = assignmentIdOf(deploymentId, stage);
  return snapshot.nodes.get(stage.nodeId)?.assignments.find((one) => one.assignmentId === assignmentId)?.residentBytes ?? null;
}

function otherEntries(snapshot: FleetSnapshot, { settings }: StoredDeployment, target: StoredRevision): { current: string[]; restored: string[] } | null {
  const names = (ids: readonly string[]) => ids.map((id) => snapshot.nodes.get(id)?.name ?? id);
  const isSame = [...settings.ingressNodeIds].sort().join() === [...target.ingressNodeIds].sort().join();
  return isSame ? null : { current: names(settings.ingressNodeIds), restored: names(target.ingressNodeIds) };
}

function missingNodes(snapshot: FleetSnapshot, revision: StoredRevision): { name: string; why: string }[] {
  return [...new Set([...revision.stages.map((stage) => stage.nodeId), ...revision.ingressNodeIds])].flatMap((nodeId) => {
    const node = snapshot.nodes.get(nodeId);
    if (!node) return [{ name: nodeId, why: "has left the fleet" }];
    return node.presence === "lost" ? [{ name: node.name, why: "is lost" }] : [];
  });
}
