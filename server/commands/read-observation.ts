// Owns what the adaptive controller looks at: the plan that serves, the planning problem behind it, and what reports told since the last look.
import { type CoreLoss, hopsKey } from "../live/capacity.ts";
import { linkKey, liveFleet, type LiveFleet } from "../live/live-fleet.ts";
import type { AdaptState, WatchedPlan } from "../live/adapt-state.ts";
import { readSamples } from "../live/sample-ring.ts";
import type { Placement } from "../planner/plan.ts";
import type { PlanRequest } from "../planner/plan-request.ts";
import type { Problem, ProblemNode } from "../planner/problem.ts";
import { enteredAtFirst } from "../planner/replicas/entered-at-first.ts";
import type { Observation } from "../policy/adapt/controller.ts";
import { linkWords } from "../policy/adapt/link-words.ts";
import { crossedPairs, type LinkWord, type LinkWords } from "../policy/adapt/cut-links.ts";
import { BURN_WINDOW_MS, type Burn, burnOf, burnSecond } from "../policy/adapt/slo-burn.ts";
import { isRunning } from "../policy/adapt/is-running.ts";
import { pairKey } from "../policy/adapt/todays-problem.ts";
import { samePlacement } from "../policy/adapt/alternatives.ts";
import { openStreams } from "../policy/drain-limit.ts";
import { replicasOf } from "../policy/replicas.ts";
import type { DeploymentView } from "../policy/snapshot.ts";
import { assignmentIdOf } from "../policy/stable-id.ts";
import { findDeployment, listRevisions, type StoredDeployment } from "../store/deployments.ts";
import { findPlan } from "../store/plans.ts";
import { allPlacements } from "./create-plan.ts";
import type { Deps } from "./deps.ts";
import { loadProblem } from "./load-problem.ts";
import { readBatching } from "./read-batching.ts";

/** Older samples speak of the past. */
const FRESH_MS = 2_500;
const READ_AGAIN_MS = 30_000;
/** Who moves by himself; what he chose is not what a person chose. */
export const ADAPT_ACTOR = "adapt";

export async function readObservation(deps: Deps, state: AdaptState, view: DeploymentView): Promise<Observation | null> {
  const watched = await readWatched(deps, state, view, deps.clock.now());
  if (!watched) return null;
  // From here to the decision nothing is waited for: all of it is of one clock.
  const nowMs = deps.clock.now();
  const fleet = liveFleet(deps.db);
  const { batching, together } = readBatching(fleet, view, { nowMs, freshMs: FRESH_MS, isNew: (key, atMs) => isNew(state, key, atMs) });
  // What a batch takes is compared with nothing: predictions are of one request.
  const measured = together ? [] : allPlacements(watched.plan).map((placement, index) => measure({ fleet, state, watched, view, nowMs }, placement, index + 1));
  const base = observationOf(watched, nowMs);
  return {
    ...base, ...measured[0],
    ...(base.further ? { further: base.further.map((one, index) => ({ ...one, ...measured[index + 1] })) } : {}),
    ...demand(fleet, view, nowMs), admitPerSecond: view.settings.admitPerSecond ?? null, batching,
    idleSlowdowns: idleSlowdowns(fleet, state, watched),
    coreLosses: coreLosses(fleet, watched),
    linkWords: wordsOfLinks(fleet, watched, view, nowMs),
    burn: readBurn(fleet, watched, view, nowMs),
    ...lostEntries(watched, view),
    openStreams: streamsOpen(fleet, view),
    isMoving: view.migration !== null,
    moves: state.moves,
    moveOverheadSeconds: state.moveOverheadSeconds,
  };
}

/** Named when all of them are lost. One that is not drawn is not known here. */
function lostEntries({ problem, nodeIds }: WatchedPlan, { settings }: DeploymentView): Pick<Observation, "entriesLost"> {
  const drawn = problem.nodes.filter(({ topologyNodeId }) => settings.ingressNodeIds.includes(nodeIds.get(topologyNodeId) ?? ""));
  const isLost = drawn.length > 0 && drawn.length === settings.ingressNodeIds.length && drawn.every(({ topologyNodeId }) => !isRunning(problem, topologyNodeId));
  return isLost ? { entriesLost: drawn.map(({ topologyNodeId, name }) => ({ topologyNodeId, name })) } : {};
}

/** What runs and what was asked, with nothing measured. */
export function observationOf({ plan, homes, problem, request, leastReplicas }: WatchedPlan, nowMs: number): Observation {
  const placements = allPlacements(plan);
  const further = placements.slice(1).map((running, index) => ({ running, home: homes[index + 1] ?? running, stageMs: [], hopMs: [] }));
  return {
    nowMs, problem, request, running: plan.placement, home: homes[0] ?? plan.placement, ...(further.length > 0 ? { further } : {}), leastReplicas,
    stageMs: [], hopMs: [], idleSlowdowns: new Map(), isMoving: false, moves: [], moveOverheadSeconds: 0,
  };
}

type Reading = { fleet: LiveFleet; state: AdaptState; watched: WatchedPlan; view: DeploymentView; nowMs: number };
function measure({ fleet, state, watched, view, nowMs }: Reading, placement: Placement, replica: number): Pick<Observation, "stageMs" | "hopMs"> {
  // Two replicas on one node are told apart by the processes they run in.
  const stages = watched.plan.replicas ? replicasOf(view.revisions.find((one) => one.revisionId === watched.revisionId)?.stages ?? []).find((one) => one.number === replica)?.stages : undefined;
  return {
    stageMs: placement.map((stage, stageIndex) => stageMs(fleet, state, watched, { deploymentId: view.deploymentId, drawnId: stage.topologyNodeId, stageIndex, replica, assignmentId: stages?.[stageIndex] ? assignmentIdOf(view.deploymentId, stages[stageIndex]) : null }, nowMs)),
    hopMs: hopMs(fleet, state, hopsKey(view.deploymentId, replica), watched, nowMs),
  };
}

/** On what serves, as its entries told last. */
function streamsOpen({ snapshot }: LiveFleet, view: DeploymentView): number {
  const current = view.revisions.find((one) => one.revisionId === view.currentRevisionId);
  return snapshot && current ? openStreams(view, current, snapshot.nodes).count : 0;
}

/** Of answered requests alone: what clients ask wrongly, and what is refused, is no reason to move. */
function readBurn(fleet: LiveFleet, { request: { slo } }: WatchedPlan, view: DeploymentView, nowMs: number): Burn | null {
  if (!slo) return null;
  const rows = readSamples(fleet.deploymentRings.get(view.deploymentId) ?? { values: null, next: 0, count: 0 }, nowMs - BURN_WINDOW_MS);
  const seconds = rows.map(({ atMs, figures: [requests, errors, latencyMsP50, latencyMsP99] }) => burnSecond(atMs, { requests: requests ?? 0, errors: errors ?? 0, latencyMsP50: latencyMsP50 ?? null, latencyMsP99: latencyMsP99 ?? null }));
  return burnOf(seconds, slo, nowMs);
}

/** Requests that ended in the last second, refused ones too, and those of them that were answered; null = no entry has told. */
function demand(fleet: LiveFleet, view: DeploymentView, nowMs: number): { demandPerSecond: number | null; answeredPerSecond: number | null } {
  const row = readSamples(fleet.deploymentRings.get(view.deploymentId) ?? { values: null, next: 0, count: 0 }, nowMs - FRESH_MS).at(-1);
  const [requests = null, errors = null] = row?.figures ?? [];
  return { demandPerSecond: requests, answeredPerSecond: requests === null ? null : Math.max(0, requests - (errors ?? 0)) };
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
  const { problem, topology, inputsHash } = await loadProblem(deps, { modelId: deployment.modelId, topologyId: deployment.topologyId, beside: deployment.id });
  const basis = [topology.revision, ...problem.nodes.map((node) => `${node.topologyNodeId} ${node.kind} ${(wholeMs(node) * (node.spareShare ?? 1)).toPrecision(6)}`)].join();
  const nodeIds = new Map(topology.document.nodes.flatMap((node) => (node.nodeId === null ? [] : [[node.id, node.nodeId] as const])));
  const kept = { ...(watched?.basis === basis ? withTimesOf(problem, watched.problem) : problem), ...severalEntries(deployment, problem, nodeIds) };
  if (watched && watched.basis !== basis) state.controller = { ...state.controller, watched: { signals: {}, served: [] } };
  state.watched = { ...before, revisionId: current.revisionId, revisionNumber: current.number, epoch: current.epoch, problem: kept, inputsHash, basis, readAtMs: nowMs, nodeIds };
  return state.watched;
}

/** Those that take requests now, of several: what is lost needs no way. */
function severalEntries({ settings }: StoredDeployment, problem: Problem, nodeIds: ReadonlyMap<string, string>): Pick<Problem, "entryIds"> {
  if (settings.ingressNodeIds.length < 2) return {};
  const entryIds = [...nodeIds].flatMap(([drawnId, nodeId]) => (settings.ingressNodeIds.includes(nodeId) && isRunning(problem, drawnId) ? [drawnId] : []));
  return entryIds.length > 0 ? { entryIds } : {};
}

/** False when a node came, went, or was cordoned since. */
function fleetFlags(deps: Deps, watched: WatchedPlan | null): boolean {
  const nodes = liveFleet(deps.db).snapshot?.nodes;
  return watched === null || nodes === undefined || watched.problem.nodes.every((node) => {
    const view = nodes.get(watched.nodeIds.get(node.topologyNodeId) ?? "");
    return view === undefined || ((view.presence !== "lost") === node.online && (view.serves ?? false) === (node.serves ?? false) && view.cordoned === node.cordoned);
  });
}

async function readPlans(deps: Deps, deployment: StoredDeployment | null, revisionId: string): Promise<Pick<WatchedPlan, "plan" | "homes" | "leastReplicas" | "request"> | null> {
  if (!deployment) return null;
  const revisions = await listRevisions(deps.db, deployment.id);
  const at = revisions.findIndex((revision) => revision.id === revisionId);
  const chosen = revisions.slice(at).find((revision) => !revision.createdBy.startsWith(ADAPT_ACTOR)) ?? revisions[at];
  const [plan, home] = await Promise.all([findPlan(deps.db, revisions[at]?.planId ?? ""), findPlan(deps.db, chosen?.planId ?? "")]);
  if (!plan || plan.topologyId !== deployment.topologyId) return null;
  const chosenPlan = home?.plan ?? plan.plan;
  const request = chosenPlan.request ?? { objective: "latency" };
  const placed = allPlacements(chosenPlan).map(homeOf);
  return { plan: plan.plan, homes: homesOf(allPlacements(plan.plan), placed), leastReplicas: leastOf(request, placed.length), request };
}

/** A count that was asked for or placed by hand is kept; "as needed" is what is needed now. */
const leastOf = ({ replicas }: PlanRequest, placed: number): number => (replicas === "as-needed" ? 1 : (replicas ?? placed));

/** Where each belongs: a replica that stands where a person put one belongs there, of the others each to the one of its number. One that adaptation added belongs where it is. */
function homesOf(running: readonly Placement[], placed: readonly Placement[]): Placement[] {
  const left = placed.filter((home) => !running.some((one) => samePlacement(one, home)));
  return running.map((one, index) => {
    if (placed.some((home) => samePlacement(home, one))) return homeOf(one);
    const mine = placed[index];
    const at = mine ? left.indexOf(mine) : -1;
    return at >= 0 ? (left.splice(at, 1)[0] ?? homeOf(one)) : homeOf(one);
  });
}

const homeOf = (placement: Placement): Placement => placement.map(({ from, to, topologyNodeId, session }) => ({ from, to, topologyNodeId, ...(session ? { session } : {}) }));
const wholeMs = (node: ProblemNode): number => node.cumulativeMs.at(-1) ?? 0;

function withTimesOf(now: Problem, before: Problem): Problem {
  const nodes = now.nodes.map((node, index) => {
    const { layerMs, cumulativeMs, entryMs, exitMs, handoverMs, frameMs } = before.nodes[index] ?? node;
    return { ...node, layerMs, cumulativeMs, entryMs, exitMs, handoverMs, frameMs };
  });
  const paths = now.paths.map((row, from) => row.map((path, to) => { const known = before.paths[from]?.[to]; return path && known?.kind === "measured" ? known : path; }));
  return { ...now, nodes, paths };
}

/** True once per report. Told apart by their times and not put in order by them: a clock that was set back has newer reports with earlier ones. */
function isNew(state: AdaptState, key: string, atMs: number): boolean {
  if (atMs === 0 || state.taken.get(key) === atMs) return false;
  state.taken.set(key, atMs);
  return true;
}

type StageAt = { deploymentId: string; drawnId: string; stageIndex: number; replica: number; /** Null = known by its index alone. */ assignmentId: string | null };
function stageMs(fleet: LiveFleet, state: AdaptState, watched: WatchedPlan, { deploymentId, drawnId, stageIndex, replica, assignmentId }: StageAt, nowMs: number): number | null {
  const live = fleet.nodes.get(watched.nodeIds.get(drawnId) ?? "");
  if (!live?.sample || nowMs - live.sampleAtMs > FRESH_MS || !isNew(state, replica === 1 ? `stage ${stageIndex}` : `r${replica} stage ${stageIndex}`, live.sampleAtMs)) return null;
  const told = live.sample.stages.find((stage) => stage.deploymentId === deploymentId && stage.epoch === watched.epoch && stage.stageIndex === stageIndex && (assignmentId === null || stage.assignmentId === assignmentId));
  return told && told.done > 0 ? told.computeMsP50 : null;
}

function hopMs(fleet: LiveFleet, state: AdaptState, key: string, watched: WatchedPlan, nowMs: number): (number | null)[] {
  const told = fleet.capacity.hops.get(key);
  if (!told || told.epoch !== watched.epoch || nowMs - told.atMs > FRESH_MS || !isNew(state, `hops ${key}`, told.atMs)) return [];
  return told.hopMs;
}

function coreLosses(fleet: LiveFleet, { problem, nodeIds }: WatchedPlan): Map<string, CoreLoss> {
  return new Map(problem.nodes.flatMap(({ topologyNodeId: id }) => {
    const loss = fleet.capacity.nodes.get(nodeIds.get(id) ?? "")?.coreLoss;
    return loss ? [[id, loss] as const] : [];
  }));
}

/** Of pairs that are used what their ends say now, of others what the receiver's last probe said. */
function wordsOfLinks({ snapshot, links }: LiveFleet, { problem, nodeIds, revisionId, plan }: WatchedPlan, view: DeploymentView, nowMs: number): LinkWords {
  const words = new Map<string, LinkWord>();
  const revision = view.revisions.find((one) => one.revisionId === revisionId);
  if (!snapshot || !revision) return words;
  const used = linkWords(snapshot, view, revision);
  const crossed = new Set(allPlacements(plan).flatMap((placement) => crossedPairs(enteredAtFirst(problem, plan.placement), placement)));
  const isThere = (nodeId: string) => snapshot.nodes.get(nodeId)?.presence === "online";
  for (const { topologyNodeId: a } of problem.nodes) for (const { topologyNodeId: b } of problem.nodes) {
    const [from, to] = [nodeIds.get(a), nodeIds.get(b)];
    if (a === b || from === undefined || to === undefined) continue;
    const linked = used.get(`${from}>${to}`);
    const probe = links.get(linkKey(to, from));
    if (linked !== undefined) words.set(pairKey(a, b), { linked, atMs: nowMs });
    // Of a node that is away all its links are. Where requests cross, connections say more than probes.
    else if (probe?.measuredAt && isThere(from) && isThere(to) && !crossed.has(pairKey(a, b))) words.set(pairKey(a, b), { linked: probe.error === null, atMs: Date.parse(probe.measuredAt) });
  }
  return words;
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
