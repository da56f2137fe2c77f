// Owns how the past of a deployment is read back: what was drawn, what served, what was measured, what was decided.
import type { z } from "zod";
import type { NodeSample } from "../../agents/protocol/control.ts";
import type { Deps } from "../commands/deps.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { AppError } from "../errors.ts";
import type { PastThought } from "../live/past-thought.ts";
import { WINDOW_MS } from "../live/sample-ring.ts";
import type { Plan } from "../planner/plan.ts";
import { moveAt, type PastMove, type PastStop, servedAt, type Turn, turnsOf } from "../policy/served-when.ts";
import { findDecisionAt, listDecisionsBetween } from "../store/adapt-decisions.ts";
import type { Db } from "../store/db.ts";
import { findDeployment, findMigration, findPlanForDeploy, listMigrations, listRevisions, type StoredMigration } from "../store/deployments.ts";
import { listEventsBetween } from "../store/events.ts";
import { findMetricWindows, listMetricWindows, METRIC_RETENTION_MS } from "../store/metrics.ts";
import { findTopologyRevisionAt } from "../store/topology-revisions.ts";
import { findTopology } from "../store/topologies.ts";
import { toDecision } from "./read-adaptation.ts";
import type { replayMoment, replayTrack } from "./schemas/replay-schemas.ts";

/** A track's pixels. */
const POINTS_MAX = 720;
/** Of each kind on a track. */
const MARKS_MAX = 200;
/** A deployment that moved more often in what is kept has a history without beginning. */
const MIGRATIONS_MAX = 1000;

type Track = z.infer<typeof replayTrack>;
type Moment = z.infer<typeof replayMoment>;
/** Windows of before there was a thought, a node's capacity or a pipeline's own time have none: latency left a processor out then. */
type Window = { requestsPerSecond: number; errorsPerSecond: number; latencyMsP50: number | null; latencyMsP99: number | null; pipelineMsP50?: number | null; predictedLatencyMs: number | null; thought?: PastThought | null };
type NodeWindow = { cpuRatio: number | null; memoryUsedBytes: number | null; queueLength?: number | null; cores?: number | null; celsius?: number | null; throttled?: boolean | null; stages: NodeSample["stages"] };
type LinkWindow = { rttMs: number; bandwidthBytesPerSecond: number | null; bytesPerSecond: number };

/** @throws AppError bad-request for a span that ends before it begins or is longer than what is kept */
export async function readReplayTrack(deps: Deps, deploymentId: string, span: { from: Date; to: Date }): Promise<Track> {
  const { from, to } = span;
  const lengthMs = to.getTime() - from.getTime();
  if (lengthMs <= 0 || lengthMs > METRIC_RETENTION_MS) throw new AppError("bad-request", "The span must end after it begins, and be no longer than figures are kept.", { place: "from", fix: `Ask for at most ${METRIC_RETENTION_MS / 3_600_000} hours.` });
  const { deployment, revisionNumber, turns } = await readPast(deps.db, deploymentId);
  const topology = await findTopology(deps.db, deployment.topologyId);
  const names = new Map((topology?.document.nodes ?? []).flatMap((node) => (node.nodeId === null ? [] : [[node.nodeId, node.name] as const])));
  const [windows, decisions, events] = await Promise.all([
    listMetricWindows<Window>(deps.db, "deployment", deploymentId, from, to),
    listDecisionsBetween(deps.db, deploymentId, { from, to, limit: MARKS_MAX }),
    listEventsBetween(deps.db, { names: ["node.lost", "node.online"], subjectIds: [...names.keys()], from, to, limit: MARKS_MAX }),
  ]);
  const inSpan = (atMs: number) => atMs >= from.getTime() && atMs <= to.getTime();
  const marks: Track["marks"] = [
    ...turns.filter((turn) => inSpan(turn.atMs)).map((turn) => ({ at: new Date(turn.atMs).toISOString(), kind: turn.why, text: turnText(turn, revisionNumber), decisionId: null })),
    ...decisions.map((one) => ({ at: one.at.toISOString(), kind: "decision" as const, text: one.reason, decisionId: one.id })),
    ...events.map((event) => ({ at: event.at, kind: event.name === "node.lost" ? ("node lost" as const) : ("node back" as const), text: event.message, decisionId: null })),
  ];
  marks.sort((a, b) => a.at.localeCompare(b.at));
  return { from: from.toISOString(), to: to.toISOString(), keptSince: new Date(deps.clock.now() - METRIC_RETENTION_MS).toISOString(), points: thinned(windows, from.getTime(), lengthMs), marks };
}

export async function readReplayMoment(deps: Deps, deploymentId: string, at: Date): Promise<Moment> {
  const { deployment, revisions, revisionNumber, moves, turns } = await readPast(deps.db, deploymentId);
  const atMs = at.getTime();
  const kept = await findTopologyRevisionAt(deps.db, deployment.topologyId, at);
  const now = await findOrThrow(findTopology(deps.db, deployment.topologyId), "topology", deployment.topologyId);
  const document = kept?.document ?? now.document;
  const nodeIds = document.nodes.flatMap((node) => node.nodeId ?? []);
  const nodeIdOf = new Map(document.nodes.map((node) => [node.id, node.nodeId]));
  const keys = document.links.flatMap(({ fromId, toId }) => {
    const [from, to] = [nodeIdOf.get(fromId), nodeIdOf.get(toId)];
    return from && to ? [`${from}>${to}`, `${to}>${from}`] : [];
  });
  // Of the newest seconds figures are still being gathered: those before them stand in, under their own time.
  const windowAt = new Date(Math.floor(Math.min(atMs, deps.clock.now() - 2 * WINDOW_MS) / WINDOW_MS) * WINDOW_MS);
  const [figures, nodes, links, decision] = await Promise.all([
    findMetricWindows<Window>(deps.db, "deployment", [deploymentId], windowAt),
    findMetricWindows<NodeWindow>(deps.db, "node", nodeIds, windowAt),
    findMetricWindows<LinkWindow>(deps.db, "link", keys, windowAt),
    findDecisionAt(deps.db, deploymentId, at),
  ]);
  const made = decision?.migrationId ? await findMigration(deps.db, decision.migrationId) : null;
  const turn = servedAt(turns, atMs);
  const revision = revisions.find((one) => one.id === turn?.revisionId);
  const plan: Plan | undefined = revision && (await findPlanForDeploy(deps.db, revision.planId))?.plan;
  const own = figures.get(deploymentId);
  const move = moveAt(moves, atMs);
  return {
    at: at.toISOString(),
    windowAt: windowAt.toISOString(),
    windowSeconds: WINDOW_MS / 1000,
    topology: { id: deployment.topologyId, revision: kept?.revision ?? now.revision, isKept: kept !== null && kept.at.getTime() <= atMs, document, layout: now.layout },
    serving: revision ? { revision: revision.number, reason: revision.reason, planId: revision.planId, predictedFrom: plan?.estimate.kind ?? null, ingressNodeIds: revision.ingressNodeIds, stages: revision.stages.map(({ from, to, nodeId, replica }) => ({ from, to, nodeId, ...(replica === undefined ? {} : { replica }) })), hops: (plan?.estimate.hops ?? []).map(({ fromTopologyNodeId, toTopologyNodeId, bytes }) => ({ fromTopologyNodeId, toTopologyNodeId, bytes })) } : null,
    servingWhy: turn ? turnText(turn, revisionNumber) : "It had not served yet.",
    move: move && { toRevision: revisionNumber(move.toRevisionId), state: move.state, reason: move.reason },
    figures: own ? { at: windowAt.toISOString(), ...own, pipelineMsP50: pipelineMs(own) } : null,
    thought: own?.thought ?? null,
    nodes: Object.fromEntries([...nodes].map(([nodeId, { cpuRatio, memoryUsedBytes, queueLength = null, cores = null, celsius = null, throttled = null, stages }]) => [nodeId, { cpuRatio, memoryUsedBytes, queueLength, cores, celsius, throttled, stages: stages.filter((stage) => stage.deploymentId === deploymentId).map((stage) => ({ stageIndex: stage.stageIndex, epoch: stage.epoch, computeMs: stage.computeMsP50, queueMs: stage.queueMsP50 })) }])),
    links: Object.fromEntries(links),
    decision: decision && toDecision(decision, made),
  };
}

async function readPast(db: Db, deploymentId: string) {
  const deployment = await findOrThrow(findDeployment(db, deploymentId), "deployment", deploymentId);
  const [revisions, migrations, stops] = await Promise.all([
    listRevisions(db, deploymentId),
    listMigrations(db, deploymentId, MIGRATIONS_MAX),
    listEventsBetween(db, { names: ["deployment.stopped", "deployment.resumed"], subjectIds: [deploymentId], from: deployment.createdAt, to: new Date(8.64e15), limit: MIGRATIONS_MAX }),
  ]);
  const moves = migrations.map(toPastMove);
  const turns = turnsOf(moves, stops.map((event): PastStop => ({ atMs: Date.parse(event.at), kind: event.name === "deployment.stopped" ? "stopped" : "resumed" })));
  const numbers = new Map(revisions.map((revision) => [revision.id, revision.number]));
  return { deployment, revisions, moves, turns, revisionNumber: (id: string) => numbers.get(id) ?? null };
}

function toPastMove({ id, fromRevisionId, toRevisionId, startedAt, finishedAt, decisions }: StoredMigration): PastMove {
  return { migrationId: id, fromRevisionId, toRevisionId, startedMs: startedAt.getTime(), finishedMs: finishedAt?.getTime() ?? null, steps: decisions.map((step) => ({ atMs: Date.parse(step.at), toState: step.action, reason: step.reason })) };
}

function turnText({ why, revisionId }: Turn, revisionNumber: (id: string) => number | null): string {
  const number = revisionId === null ? null : revisionNumber(revisionId);
  const which = number === null ? "no revision" : `revision ${number}`;
  return { cutover: `Requests went to ${which}.`, "turned back": `The move was undone: requests went to ${which} again.`, stopped: "It was stopped.", resumed: `The stop was called off: requests went to ${which}.` }[why];
}

const pipelineMs = ({ latencyMsP50, pipelineMsP50 = latencyMsP50 }: Window): number | null => pipelineMsP50;

/** At most `POINTS_MAX`, each over an equal part of the span: means, and the worst 99th percentile. */
function thinned(windows: readonly { at: Date; values: Window }[], fromMs: number, lengthMs: number): Track["points"] {
  const slots = new Map<number, { at: Date; values: Window }[]>();
  const slotMs = Math.max(WINDOW_MS, lengthMs / POINTS_MAX);
  for (const window of windows) {
    const slot = Math.floor((window.at.getTime() - fromMs) / slotMs);
    const same = slots.get(slot);
    if (same) same.push(window); else slots.set(slot, [window]);
  }
  return [...slots.values()].map((rows) => {
    const mean = (of: (row: Window) => number | null): number | null => { const known = rows.flatMap((row) => of(row.values) ?? []); return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length; };
    const worst = rows.flatMap((row) => row.values.latencyMsP99 ?? []);
    return { at: (rows[0] as { at: Date }).at.toISOString(), requestsPerSecond: mean((row) => row.requestsPerSecond) ?? 0, errorsPerSecond: mean((row) => row.errorsPerSecond) ?? 0, latencyMsP50: mean((row) => row.latencyMsP50), latencyMsP99: worst.length === 0 ? null : Math.max(...worst), pipelineMsP50: mean(pipelineMs), predictedLatencyMs: mean((row) => row.predictedLatencyMs) };
  });
}
