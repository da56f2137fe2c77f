// Owns what the adaptive controller looks at: the plan that serves, the planning problem behind it, and what reports told since the last look.
import type { CoreLoss } from "../live/capacity.ts";
import { linkKey, liveFleet, type LiveFleet } from "../live/live-fleet.ts";
import type { AdaptState, WatchedPlan } from "../live/adapt-state.ts";
import { readSamples } from "../live/sample-ring.ts";
import type { Placement, Plan } from "../planner/plan.ts";
import type { PlanRequest } from "../planner/plan-request.ts";
import type { Problem, ProblemNode } from "../planner/problem.ts";
import { holdStages } from "../planner/replicas/hold-stages.ts";
import { ofOneReplica } from "../planner/replicas/of-one-replica.ts";
import type { Observation } from "../policy/adapt/controller.ts";
import { pairKey } from "../policy/adapt/todays-problem.ts";
import type { DeploymentView } from "../policy/snapshot.ts";
import { findDeployment, listRevisions, type StoredDeployment } from "../store/deployments.ts";
import { findPlan } from "../store/plans.ts";
import type { Deps } from "./deps.ts";
import { loadProblem } from "./load-problem.ts";

/** Older samples speak of the past. */
const FRESH_MS = 2_500;
const READ_AGAIN_MS = 30_000;
const SLO_WINDOW_MS = 60_000;
/** Who moves by himself; what he chose is not what a person chose. */
export const ADAPT_ACTOR = "adapt";

export async function readObservation(deps: Deps, state: AdaptState, view: DeploymentView): Promise<Observation | null> {
  const nowMs = deps.clock.now();
  const watched = await readWatched(deps, state, view, nowMs);
  if (!watched) return null;
  const fleet = liveFleet(deps.db);
  const { plan, problem, request, home } = watched;
  const p99 = readSamples(fleet.deploymentRings.get(view.deploymentId) ?? { values: null, next: 0, count: 0 }, nowMs - SLO_WINDOW_MS).map((row) => row.figures[3] ?? null).filter((value): value is number => value !== null);
  const { slo } = request;
  return {
    nowMs, problem, request, home, running: plan.placement,
    stageMs: plan.placement.map((stage, k) => stageMs(fleet, state, watched, view.deploymentId, { drawnId: stage.topologyNodeId, stageIndex: k }, nowMs)),
    hopMs: hopMs(fleet, state, view.deploymentId, watched, nowMs),
    idleSlowdowns: idleSlowdowns(fleet, state, watched),
    coreLosses: coreLosses(fleet, watched),
    sloMissed: slo && p99.length > 0 ? p99.filter((value) => value > slo.latencyMs).length / p99.length : null,
    isMoving: view.migration !== null,
    moves: state.moves,
    moveOverheadSeconds: state.moveOverheadSeconds,
  };
}

/** The fleet as it is now, with times and ways as they were when watching began. @throws AppError not-found */
export async function readWatched(deps: Deps, state: AdaptState, view: DeploymentView, nowMs: number, now = false): Promise<WatchedPlan | null> {
  const { watched } = state;
  const current = view.revisions.find((revision) => revision.revisionId === view.currentRevisionId);
  if (!current) return null;
  const isKnown = watched?.revisionId === current.revisionId;
  const flags = fleetFlags(deps, watched);
  if (watched && isKnown && !now && nowMs - watched.readAtMs < READ_AGAIN_MS && flags) return watched;
  const deployment = await findDeployment(deps.db, view.deploymentId);
  const before = watched && isKnown ? watched : await readPlans(deps, deployment, current.revisionId);
  if (!before || !deployment) return null;
  const { problem: whole, topology, inputsHash } = await loadProblem(deps, { modelId: deployment.modelId, topologyId: deployment.topologyId, beside: deployment.id });
  const problem = holdStages(whole, (before.plan.replicas ?? []).flatMap((replica) => replica.placement));
  const basis = [topology.revision, ...problem.nodes.map((node) => `${node.topologyNodeId} ${node.kind} ${(wholeMs(node) * (node.spareShare ?? 1)).toPrecision(6)}`)].join();
  const nodeIds = new Map(topology.document.nodes.flatMap((node) => (node.nodeId === null ? [] : [[node.id, node.nodeId] as const])));
  const kept = watched?.basis === basis ? withTimesOf(problem, watched.problem) : problem;
  if (watched && watched.basis !== basis) state.controller = { ...state.controller, watched: { signals: {}, served: [] } };
  state.watched = { ...before, revisionId: current.revisionId, revisionNumber: current.number, epoch: current.epoch, problem: kept, inputsHash, basis, readAtMs: nowMs, nodeIds };
  return state.watched;
}

/** False when a node came, went, or was cordoned since. */
function fleetFlags(deps: Deps, watched: WatchedPlan | null): boolean {
  const nodes = liveFleet(deps.db).snapshot?.nodes;
  return watched === null || nodes === undefined || watched.problem.nodes.every((node) => {
    const view = nodes.get(watched.nodeIds.get(node.topologyNodeId) ?? "");
    return view === undefined || ((view.presence !== "lost") === node.online && view.cordoned === node.cordoned);
  });
}

async function readPlans(deps: Deps, deployment: StoredDeployment | null, revisionId: string): Promise<Pick<WatchedPlan, "plan" | "home" | "request"> | null> {
  if (!deployment) return null;
  const revisions = await listRevisions(deps.db, deployment.id);
  const at = revisions.findIndex((revision) => revision.id === revisionId);
  const chosen = revisions.slice(at).find((revision) => !revision.createdBy.startsWith(ADAPT_ACTOR)) ?? revisions[at];
  const [plan, home] = await Promise.all([findPlan(deps.db, revisions[at]?.planId ?? ""), findPlan(deps.db, chosen?.planId ?? "")]);
  if (!plan || plan.topologyId !== deployment.topologyId) return null;
  const request = home?.plan.request ?? plan.plan.request ?? { objective: "latency" };
  return { plan: plan.plan, home: homeOf(home?.plan.placement ?? plan.plan.placement), request: beside(plan.plan, request) };
}

/** What is watched and moved is the first replica; the others stay where they are, and it keeps off nodes that are theirs alone. */
function beside({ placement, replicas = [] }: Plan, request: PlanRequest): PlanRequest {
  if (replicas.length === 0) return request;
  const own = new Set(placement.map((stage) => stage.topologyNodeId));
  const theirs = replicas.flatMap((replica) => replica.placement.map((stage) => stage.topologyNodeId)).filter((id) => !own.has(id));
  return { ...ofOneReplica(request, replicas.length + 1), avoidNodeIds: [...new Set([...(request.avoidNodeIds ?? []), ...theirs])] };
}

const homeOf = (placement: Placement): Placement => placement.map(({ from, to, topologyNodeId }) => ({ from, to, topologyNodeId }));
const wholeMs = (node: ProblemNode): number => node.cumulativeMs.at(-1) ?? 0;

function withTimesOf(now: Problem, before: Problem): Problem {
  const nodes = now.nodes.map((node, index) => {
    const { layerMs, cumulativeMs, entryMs, exitMs, handoverMs, frameMs } = before.nodes[index] ?? node;
    return { ...node, layerMs, cumulativeMs, entryMs, exitMs, handoverMs, frameMs };
  });
  const paths = now.paths.map((row, from) => row.map((path, to) => { const known = before.paths[from]?.[to]; return path && known?.kind === "measured" ? known : path; }));
  return { ...now, nodes, paths };
}

/** True once per report. */
function isNew(state: AdaptState, key: string, atMs: number): boolean {
  if ((state.taken.get(key) ?? 0) >= atMs) return false;
  state.taken.set(key, atMs);
  return true;
}

function stageMs(fleet: LiveFleet, state: AdaptState, watched: WatchedPlan, deploymentId: string, { drawnId, stageIndex }: { drawnId: string; stageIndex: number }, nowMs: number): number | null {
  const live = fleet.nodes.get(watched.nodeIds.get(drawnId) ?? "");
  if (!live?.sample || nowMs - live.sampleAtMs > FRESH_MS || !isNew(state, `stage ${stageIndex}`, live.sampleAtMs)) return null;
  const told = live.sample.stages.find((stage) => stage.deploymentId === deploymentId && stage.epoch === watched.epoch && stage.stageIndex === stageIndex);
  return told && told.done > 0 ? told.computeMsP50 : null;
}

function hopMs(fleet: LiveFleet, state: AdaptState, deploymentId: string, watched: WatchedPlan, nowMs: number): (number | null)[] {
  const told = fleet.capacity.hops.get(deploymentId);
  if (!told || told.epoch !== watched.epoch || nowMs - told.atMs > FRESH_MS || !isNew(state, "hops", told.atMs)) return [];
  return told.hopMs;
}

function coreLosses(fleet: LiveFleet, { problem, nodeIds }: WatchedPlan): Map<string, CoreLoss> {
  return new Map(problem.nodes.flatMap(({ topologyNodeId: id }) => {
    const loss = fleet.capacity.nodes.get(nodeIds.get(id) ?? "")?.coreLoss;
    return loss ? [[id, loss] as const] : [];
  }));
}

/** Nodes by their own pace against what it usually is, links by their probes against the ways watching began with. */
function idleSlowdowns(fleet: LiveFleet, state: AdaptState, { problem, nodeIds }: WatchedPlan): Map<string, number> {
  const found = new Map<string, number>();
  for (const { topologyNodeId: id } of problem.nodes) {
    const known = fleet.capacity.nodes.get(nodeIds.get(id) ?? "");
    if (known?.idlePace && isNew(state, `pace ${id}`, known.idlePace.atMs)) found.set(`node:${id}`, known.usualPace / known.idlePace.last);
  }
  const bytes = problem.cutBytes.toSorted((a, b) => a - b)[problem.cutBytes.length >> 1] ?? problem.inputBytes;
  for (const [from, row] of problem.paths.entries()) for (const [to, path] of row.entries()) {
    const [a, b] = [problem.nodes[from]?.topologyNodeId ?? "", problem.nodes[to]?.topologyNodeId ?? ""];
    const link = fleet.links.get(linkKey(nodeIds.get(a) ?? "", nodeIds.get(b) ?? ""));
    if (from === to || path?.kind !== "measured" || !link || link.error !== null || link.bandwidthBytesPerSecond === null || !isNew(state, `probe ${a}>${b}`, Date.parse(link.measuredAt))) continue;
    const ms = (latencyMs: number, bytesPerSecond: number) => latencyMs + (bytes / bytesPerSecond) * 1000 + 1;
    found.set(`link:${pairKey(a, b)}`, ms(link.rttMs / 2, link.bandwidthBytesPerSecond) / ms(path.latencyMs, path.bandwidthBytesPerSecond));
  }
  return found;
}
