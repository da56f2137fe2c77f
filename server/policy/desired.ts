// Owns what a node is told to run: from one snapshot, each node's assignments, lanes, ingress routes, peers and measurements, and which of its
// former routes are entered elsewhere now.
// Level-based: the same snapshot gives the same document, so a hash decides whether its version grows.
//
// Which lanes exist, by state of the migration (old = the revision it leaves, new = the one it goes to):
//   prepare, warm, verify   old open, new open; requests are stamped with old's epoch
//   canary                  both open; requests are stamped with old's epoch, but a share of them with new's
//   cutover                 both open; requests are stamped with new's epoch, and old takes over where new breaks
//   drain                   old drains, new open; old's streams stay or move to new, by policy. New may be watched from cutover on: all of its requests are counted as of one that is tried
//   retire, done            new only
//   rolling-back            old open, new drains, its streams stay or move back; requests are stamped with old's epoch
// Where nodes pause (move-course.ts): before the old stages there leave memory the new ones have files alone; after it the old ones have. Then
//   pause, unload, warm, verify   old drains, new open; requests are stamped with old's epoch, and wait at the ingress while nothing open carries it
//   cutover                       as ever, but old does not take over
//   restore                       old open, nothing of new
// A stopped deployment drains, then has nothing.
import type { Assignment, Desired, IngressPipeline, IngressRoute, Lane, LaneEnd, Peer } from "../../agents/protocol/control.ts";
import { canaryRouteOf } from "./canary.ts";
import { drainLimitMs, movesStreams } from "./drain-limit.ts";
import { holdsFilesOnly } from "./move-course.ts";
import { boundMoved, movedRoutesOf } from "./moved-routes.ts";
import { addUnloaded, boundUnloaded } from "./unloaded-routes.ts";
import { ownKeysOf } from "./own-keys.ts";
import { sharingEntries } from "./sharing-entries.ts";
import { pipelineIdOf, type Replica, replicasOf } from "./replicas.ts";
import type { DeploymentView, FleetSnapshot, NodeView, RevisionView, StageView } from "./snapshot.ts";
import { assignmentIdOf, laneIdOf } from "./stable-id.ts";
import { measureTurns } from "./measure-turns.ts";
import { unheardOf } from "./unheard-nodes.ts";
import { verifyTaskOf } from "./verify-task.ts";

export type DesiredContent = Omit<Desired, "version" | "nodeId">;
type ActiveRevision = { revision: RevisionView; mode: Lane["mode"] };

/** Probing everybody costs n² connections; each node measures this many others, so that a small fleet is measured whole. */
export const MAX_MEASURED_PEERS = 16;
/** After a stop, agents get this long to report what is in flight before "nothing" is believed. */
const STOP_SETTLE_MS = 2_500;

/** One document per node. */
export function desiredOf(snapshot: FleetSnapshot): Map<string, DesiredContent> {
  const documents = new Map<string, DesiredContent>();
  const data = new Map<string, Set<string>>();
  for (const nodeId of snapshot.nodes.keys()) documents.set(nodeId, { assignments: [], ingress: [], peers: [], measurements: [] });
  for (const deployment of snapshot.deployments) addDeployment(snapshot, deployment, documents, data);
  for (const measurement of measureTurns(snapshot)) documents.get(measurement.nodeId)?.measurements.push(measurement.task);
  addPeers(snapshot, documents, data);
  for (const document of documents.values()) sortDocument(document);
  return documents;
}

/** The revisions that have lanes now, and how. */
export function activeRevisions(deployment: DeploymentView, nodes: ReadonlyMap<string, NodeView>, nowMs: number): ActiveRevision[] {
  const find = (id: string | null) => deployment.revisions.find((revision) => revision.revisionId === id);
  const open = (revision: RevisionView | undefined, mode: Lane["mode"]): ActiveRevision[] => (revision ? [{ revision, mode }] : []);
  if (deployment.desired === "stopped") {
    const stopping = deployment.revisions.filter((revision) => isStopping(deployment, revision, nodes, nowMs));
    return stopping.map((revision) => ({ revision, mode: "drain" }));
  }
  const { migration } = deployment;
  if (!migration) return open(find(deployment.currentRevisionId), "open");
  const old = find(migration.fromRevisionId);
  const next = find(migration.toRevisionId);
  switch (migration.state) {
    case "prepare":
      return [...open(old, "open"), ...open(next, "open")];
    case "warm":
    case "verify":
    case "canary":
    case "cutover":
      return [...open(old, migration.pause ? "drain" : "open"), ...open(next, "open")];
    case "pause":
    case "unload":
    case "drain":
      return [...open(old, "drain"), ...open(next, "open")];
    case "retire":
    case "done":
      return open(next, "open");
    case "rolling-back":
      return [...open(old, "open"), ...open(next, "drain")];
    case "restore":
    case "rolled-back":
    case "cancelled":
      return open(old, "open");
  }
}

/** The epoch new requests are stamped with; null = the ingress refuses them. */
export function servingEpoch(deployment: DeploymentView): number | null {
  if (deployment.desired === "stopped") return null;
  const { migration } = deployment;
  const isCut = migration && ["cutover", "drain", "retire", "done"].includes(migration.state);
  const revisionId = migration ? (isCut ? migration.toRevisionId : migration.fromRevisionId) : deployment.currentRevisionId;
  return deployment.revisions.find((revision) => revision.revisionId === revisionId)?.epoch ?? null;
}

function isStopping(deployment: DeploymentView, revision: RevisionView, nodes: ReadonlyMap<string, NodeView>, nowMs: number): boolean {
  const stoppedForMs = nowMs - (deployment.settings.stoppedAtMs ?? 0);
  if (stoppedForMs < STOP_SETTLE_MS) return true;
  if (stoppedForMs > drainLimitMs(deployment.settings)) return false;
  return inFlightOf(deployment, revision, nodes) > 0 || unheardOf(revision, nodes) !== null;
}

/** Requests of a revision that have not left the pipeline, as far as connected nodes say. That it is none may mean that nobody was heard: unheard-nodes.ts. */
export function inFlightOf(deployment: DeploymentView, revision: RevisionView, nodes: ReadonlyMap<string, NodeView>): number {
  let count = 0;
  for (const nodeId of revision.ingressNodeIds) {
    const node = nodes.get(nodeId);
    const route = node?.connected ? node.ingress.find((ingress) => ingress.deploymentId === deployment.deploymentId) : undefined;
    for (const pipeline of route?.pipelines ?? []) if (pipeline.epoch === revision.epoch) count += pipeline.inFlight;
  }
  for (const [index, stage] of revision.stages.entries()) {
    const node = nodes.get(stage.nodeId);
    if (!node?.connected) continue;
    const laneId = laneIdOf(revision.revisionId, index);
    for (const assignment of node.assignments) count += assignment.lanes.find((lane) => lane.laneId === laneId)?.inFlight ?? 0;
  }
  return count;
}

function addDeployment(snapshot: FleetSnapshot, deployment: DeploymentView, documents: Map<string, DesiredContent>, data: Map<string, Set<string>>): void {
  const active = activeRevisions(deployment, snapshot.nodes, snapshot.nowMs);
  for (const { revision, mode } of active) {
    for (const replica of replicasOf(revision.stages)) {
      for (const [index, stage] of replica.stages.entries()) {
        const document = documents.get(stage.nodeId);
        if (!document) continue;
        const lane = laneOf(snapshot, deployment, { revision, replica, mode }, index);
        for (const end of lane.upstream) connect(data, stage.nodeId, end.nodeId);
        assignmentFor(document, deployment, revision, stage).lanes.push(lane);
      }
      for (const nodeId of revision.ingressNodeIds) connect(data, nodeId, replica.stages.at(-1)?.nodeId ?? nodeId);
    }
  }
  const serving = active.find(({ revision }) => revision.epoch === servingEpoch(deployment))?.revision ?? null;
  const left = active.find(({ revision }) => revision !== serving && revision.revisionId === deployment.migration?.fromRevisionId)?.revision ?? null;
  for (const [nodeId, route] of movedRoutesOf(snapshot, deployment, serving, left)) {
    const document = documents.get(nodeId);
    if (document) document.moved = boundMoved([...(document.moved ?? []), route]);
  }
  addUnloaded(deployment, documents);
  const enteredAt = [...new Set(active.flatMap(({ revision }) => revision.ingressNodeIds))];
  for (const nodeId of enteredAt) documents.get(nodeId)?.ingress.push(routeOf(snapshot, deployment, active.filter(({ revision }) => revision.ingressNodeIds.includes(nodeId)), { nodeId, enteredAt }));
}

/** One per (segment, node): stages of several revisions or replicas, or two alike stages of one, share the process. */
function assignmentFor(document: DesiredContent, deployment: DeploymentView, revision: RevisionView, stage: StageView): Assignment {
  const assignmentId = assignmentIdOf(deployment.deploymentId, stage);
  const known = document.assignments.find((assignment) => assignment.assignmentId === assignmentId);
  const filesOnly = holdsFilesOnly(deployment, revision, stage);
  if (known) {
    if (!filesOnly) delete known.filesOnly;
    return known;
  }
  const { queueLength, maxFrameBytes } = deployment.settings.limits;
  const made: Assignment = {
    assignmentId,
    deploymentId: deployment.deploymentId,
    segment: stage.segment,
    session: stage.session ?? deployment.settings.session,
    ...(stage.memoryBytes === undefined ? {} : { memoryBytes: stage.memoryBytes }),
    warmShapes: stage.warmShapes,
    lanes: [],
    limits: { queueLength, maxFrameBytes, ...(stage.segment.states.length > 0 && deployment.settings.streams ? { maxStateBytes: deployment.settings.streams.maxStateBytes } : {}) },
    ...(filesOnly ? { filesOnly } : {}),
  };
  document.assignments.push(made);
  return made;
}

function laneOf(snapshot: FleetSnapshot, deployment: DeploymentView, { revision, replica: { number, stages, offset }, mode }: ActiveRevision & { replica: Replica<StageView> }, stageIndex: number): Lane {
  const stage = stages[stageIndex] as StageView;
  const previous = stages[stageIndex - 1];
  const next = stages[stageIndex + 1];
  const upstream = previous
    ? [laneEnd(snapshot, previous.nodeId, `stage:${assignmentIdOf(deployment.deploymentId, previous)}`)]
    : revision.ingressNodeIds.map((nodeId) => laneEnd(snapshot, nodeId, "ingress"));
  return { laneId: laneIdOf(revision.revisionId, offset + stageIndex), revisionId: pipelineIdOf(revision.revisionId, number), epoch: revision.epoch, stageIndex, stageCount: stages.length, upstream, downstreamNodeIds: [...new Set(next ? [next.nodeId] : revision.ingressNodeIds)].sort(), sends: stage.sends, mode };
}

/** Port 0 = the node has not said yet; its address arrives with a later version. */
function laneEnd(snapshot: FleetSnapshot, nodeId: string, target: string): LaneEnd {
  const data = snapshot.nodes.get(nodeId)?.data;
  return { nodeId, host: data?.host ?? "", port: data?.port ?? 0, target };
}

/** Between cutover and drain the old revision is whole, and known to answer right: it catches what a failing new one drops. Never the other way round: the new one is not verified yet. */
const isSpare = ({ migration }: DeploymentView, revision: RevisionView): boolean => migration?.state === "cutover" && !migration.pause && revision.revisionId === migration.fromRevisionId;

/** From a revision that a move has left to the one that serves. A stop leads nowhere; in a pause nothing serves, and before the new stages come the old ones have gone: no stream is open then (migration.ts). */
const streamsMove = ({ nowMs }: FleetSnapshot, { desired, migration, model, settings }: DeploymentView): boolean =>
  desired === "running" && migration !== null && !migration.pause && model.states.length > 0 && movesStreams(settings, nowMs - migration.stateSinceMs);

/** `entered`: the active revisions that are entered at the node; `enteredAt`: every node where one is. Where the one that serves is not, new requests are refused and those in flight finish. */
function routeOf(snapshot: FleetSnapshot, deployment: DeploymentView, entered: ActiveRevision[], { nodeId, enteredAt }: { nodeId: string; enteredAt: string[] }): IngressRoute {
  const { model, settings } = deployment;
  const sharing = sharingEntries(snapshot, enteredAt, nodeId);
  const epoch = servingEpoch(deployment);
  const stateInputs = new Set(model.states.map((pair) => pair.input));
  const sends = model.inputs.map((input) => input.name).filter((name) => !stateInputs.has(name));
  const pipelines = entered.flatMap(({ revision, mode }) => replicasOf(revision.stages).map(({ number, stages }, _index, all): IngressPipeline => {
    const last = stages.at(-1) as StageView;
    const share = all.length === 1 ? {} : { replica: number, ...(revision.replicaRates?.[number - 1] ? { rate: revision.replicaRates[number - 1] } : {}) };
    return { epoch: revision.epoch, revisionId: pipelineIdOf(revision.revisionId, number), revisionNumber: revision.number, last: laneEnd(snapshot, last.nodeId, `stage:${assignmentIdOf(deployment.deploymentId, last)}`), firstNodeIds: stages.slice(0, 1).map((stage) => stage.nodeId), sends, mode, ...(isSpare(deployment, revision) ? { spare: true } : {}), ...(mode === "drain" && streamsMove(snapshot, deployment) ? { streams: "move" as const } : {}), ...share };
  }));
  const { maxInFlight, maxRequestBytes, defaultDeadlineMs, maxDeadlineMs } = settings.limits;
  return {
    deploymentId: deployment.deploymentId,
    modelName: deployment.name,
    currentEpoch: entered.some(({ revision }) => revision.epoch === epoch) ? epoch : null,
    pipelines,
    inputs: model.inputs,
    outputs: model.outputs,
    processor: model.processor,
    processorFiles: model.processorFiles,
    states: model.states,
    limits: { maxInFlight, maxRequestBytes, defaultDeadlineMs, maxDeadlineMs },
    ...batchingOf(settings),
    ...(settings.keyLimits ? { keyLimits: settings.keyLimits } : {}),
    ...(settings.admitPerSecond == null ? {} : { admitPerSecond: settings.admitPerSecond / Math.max(1, sharing.length) }),
    keyHashes: deployment.keyHashes,
    ...ownKeysOf(deployment, { nodeId, entered: sharing, nowMs: snapshot.nowMs }),
    verify: verifyTaskOf(deployment),
    ...canaryRouteOf(deployment, entered.map(({ revision }) => revision.epoch)),
  };
}

/** Left to adaptation, with what is in force now. */
function batchingOf({ batching, batchNow }: DeploymentView["settings"]): Pick<IngressRoute, "batching"> {
  if (!batching) return {};
  const { whenNeeded = false, ...limits } = batching;
  return { batching: whenNeeded ? { ...limits, now: batchNow ?? { maxSize: 1, maxDelayMs: 0 } } : limits };
}

function connect(data: Map<string, Set<string>>, left: string, right: string): void {
  if (left === right) return;
  for (const [one, other] of [[left, right], [right, left]] as const) {
    const known = data.get(one);
    if (known) known.add(other);
    else data.set(one, new Set([other]));
  }
}

/** Data peers, and the next nodes of the ring of all sorted ids. Both ends of a probe list each other, so that each may refuse strangers. */
function addPeers(snapshot: FleetSnapshot, documents: Map<string, DesiredContent>, data: Map<string, Set<string>>): void {
  const reachable = [...snapshot.nodes.values()].filter((node) => node.data).sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1));
  const measured = new Map<string, Set<string>>();
  const known = new Map<string, Set<string>>();
  for (const [nodeId, others] of data) known.set(nodeId, new Set(others));
  for (const [position, node] of reachable.entries()) {
    const targets = new Set(data.get(node.nodeId));
    for (let step = 1; step <= Math.min(MAX_MEASURED_PEERS, reachable.length - 1); step++) targets.add((reachable[(position + step) % reachable.length] as NodeView).nodeId);
    measured.set(node.nodeId, targets);
    for (const target of targets) connect(known, node.nodeId, target);
  }
  for (const [nodeId, document] of documents) {
    for (const otherId of known.get(nodeId) ?? []) {
      const other = snapshot.nodes.get(otherId);
      if (!other?.data) continue;
      const peer: Peer = { nodeId: otherId, name: other.name, host: other.data.host, port: other.data.port, measure: measured.get(nodeId)?.has(otherId) ?? false };
      document.peers.push(peer);
    }
  }
}

/** Order must not depend on the order rows were read in. */
function sortDocument(document: DesiredContent): void {
  const by = <T>(items: T[], key: (item: T) => string) => items.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  by(document.assignments, (assignment) => assignment.assignmentId);
  for (const assignment of document.assignments) assignment.lanes.sort((a, b) => a.epoch - b.epoch || a.stageIndex - b.stageIndex || (a.revisionId < b.revisionId ? -1 : 1));
  by(document.ingress, (route) => route.deploymentId);
  for (const route of document.ingress) route.pipelines.sort((a, b) => a.epoch - b.epoch || (a.replica ?? 1) - (b.replica ?? 1));
  by(document.peers, (peer) => peer.nodeId);
  if (document.unloaded) document.unloaded = boundUnloaded(document.unloaded);
  by(document.measurements, (task) => task.taskId);
}
