// Owns how a deployment is shown: its rows, and what its nodes say now.
import type { z } from "zod";
import { isCancellable } from "../commands/cancel-migration.ts";
import type { Deps } from "../commands/deps.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { predictedLatency } from "../live/predicted-latency.ts";
import { readSnapshot } from "../live/read-snapshot.ts";
import { canaryText, watchLeftMs, watchText } from "../policy/canary.ts";
import { replicasOf } from "../policy/replicas.ts";
import { deploymentStatus } from "../policy/deployment-status.ts";
import { ingressOf } from "../policy/migration.ts";
import { measuredPauseMs } from "../policy/move-course.ts";
import { modeDrift } from "../policy/mode-drift.ts";
import type { DeploymentView, FleetSnapshot } from "../policy/snapshot.ts";
import { stopProgress } from "../policy/stop-progress.ts";
import { assignmentIdOf } from "../policy/stable-id.ts";
import { findRevisions, lastMigrations, listDeployments, listMigrations, listRevisions, stepTimes, type StoredDeployment, type StoredMigration, type StoredRevision } from "../store/deployments.ts";
import { listOperations } from "../store/operations.ts";
import { readPlanRow } from "./plans.ts";
import type { deploymentDetail, deploymentRow, migrationRow } from "./schemas/deployment-schemas.ts";

export type DeploymentRow = z.infer<typeof deploymentRow>;
type MigrationRow = z.infer<typeof migrationRow>;
type ReadDeps = Pick<Deps, "db" | "clock">;

/** Of the newest moves it is told what they brought. */
const MOVES_SHOWN = 200;

/** Not deleted, by name; with `onlyId`, that one alone. */
export async function readDeploymentRows(deps: ReadDeps, onlyId?: string): Promise<DeploymentRow[]> {
  const [snapshot, all] = await Promise.all([readSnapshot(deps.db, deps.clock.now()), listDeployments(deps.db)]);
  const deployments = all.filter((deployment) => onlyId === undefined || deployment.id === onlyId);
  const migrations = await lastMigrations(deps.db, deployments.map((deployment) => deployment.id));
  const revisionIds = deployments.flatMap((deployment) => [deployment.currentRevisionId, migrations.get(deployment.id)?.toRevisionId ?? null]);
  const revisions = await findRevisions(deps.db, revisionIds.filter((id): id is string => id !== null));
  return Promise.all(deployments.map((deployment) => toRow(deps, { snapshot, deployment, migration: migrations.get(deployment.id) ?? null, revisions })));
}

/** @throws AppError not-found */
export async function readDeploymentRow(deps: ReadDeps, id: string): Promise<DeploymentRow> {
  return findOrThrow(readDeploymentRows(deps, id).then((rows) => rows[0] ?? null), "deployment", id);
}

/** @throws AppError not-found */
export async function readDeploymentDetail(deps: Deps, id: string): Promise<z.infer<typeof deploymentDetail>> {
  const row = await readDeploymentRow(deps, id);
  const [revisions, migrations, keys] = await Promise.all([listRevisions(deps.db, id), listMigrations(deps.db, id, MOVES_SHOWN), deps.db.credential.count({ where: { kind: "inference", deploymentId: id, revokedAt: null } })]);
  const moves = new Map(migrations.map(({ toRevisionId, predictedBytes, moved }) => [toRevisionId, { predictedBytes, moved }]));
  const planId = row.currentRevision?.planId ?? revisions[0]?.planId;
  return {
    ...row,
    plan: planId === undefined ? null : await readPlanRow(deps, planId),
    revisions: revisions.map(({ id, number, planId, epoch, createdAt, createdBy, reason, retiredAt }) => ({ id, number, planId, epoch, createdAt: createdAt.toISOString(), createdBy, reason, retiredAt: retiredAt?.toISOString() ?? null, move: moves.get(id) ?? null })),
    // An ingress on loopback lets everybody in until there is a key.
    stopping: row.desired === "stopped" ? await readStopping(deps, id) : null,
    replicas: await readReplicas(deps, id),
    needsKey: keys > 0 || row.ingress.some((ingress) => !isLoopbackUrl(ingress.url)),
  };
}

async function readReplicas(deps: Deps, id: string): Promise<z.infer<typeof deploymentDetail>["replicas"]> {
  const snapshot = await readSnapshot(deps.db, deps.clock.now());
  const view = snapshot.deployments.find((one) => one.deploymentId === id);
  const current = view?.revisions.find((revision) => revision.revisionId === view.currentRevisionId);
  if (!view || !current || view.desired === "stopped") return [];
  const told = ingressOf(snapshot, view, current.ingressNodeIds).flatMap(({ node, route }) => (node && node.presence !== "lost" ? (route?.pipelines ?? []) : []).filter((pipeline) => pipeline.epoch === current.epoch));
  return replicasOf(current.stages).map(({ number, stages }) => {
    const own = told.filter((pipeline) => (pipeline.replica ?? 1) === number);
    const sum = (of: (pipeline: (typeof own)[number]) => number) => own.reduce((total, pipeline) => total + of(pipeline), 0);
    return { number, nodes: stages.map(({ nodeId }) => ({ id: nodeId, name: snapshot.nodes.get(nodeId)?.name ?? nodeId })), ready: own.some((pipeline) => pipeline.linked), inFlight: sum((one) => one.inFlight), answered: sum((one) => one.counts?.answered ?? 0), lost: sum((one) => one.counts?.lost ?? 0) };
  });
}

async function readStopping(deps: Deps, id: string): Promise<z.infer<typeof deploymentDetail>["stopping"]> {
  const [operation] = await listOperations(deps.db, { status: "running", kind: "stop", subjectId: id, limit: 1 });
  if (!operation) return null;
  const snapshot = await readSnapshot(deps.db, deps.clock.now());
  const view = snapshot.deployments.find((one) => one.deploymentId === id);
  return view ? { operationId: operation.id, ...stopProgress(snapshot, view) } : null;
}

type RowInput = { snapshot: FleetSnapshot; deployment: StoredDeployment; migration: StoredMigration | null; revisions: StoredRevision[] };

async function toRow(deps: ReadDeps, { snapshot, deployment, migration, revisions }: RowInput): Promise<DeploymentRow> {
  const { id, name, modelId, modelName, topologyId, topologyName, desired, createdAt, currentRevisionId } = deployment;
  const view = snapshot.deployments.find((candidate) => candidate.deploymentId === id);
  const status = view ? deploymentStatus(snapshot, view) : { status: "starting" as const, reason: "It was made just now." };
  const predicted = await predictedLatency(deps.db, currentRevisionId ?? migration?.toRevisionId ?? null);
  const current = revisions.find((revision) => revision.id === currentRevisionId);
  return {
    id,
    name,
    modelId,
    modelName,
    topologyId,
    topologyName,
    desired,
    status: status.status,
    statusReason: status.reason,
    drift: view ? modeDrift(snapshot, view) : [],
    currentRevision: current ? { id: current.id, number: current.number, planId: current.planId, epoch: current.epoch } : null,
    migration: migration && toMigrationRow(snapshot, view, migration, revisions.find((revision) => revision.id === migration.toRevisionId)),
    ingress: view ? toIngress(snapshot, view) : [],
    predictedLatencyMs: predicted?.latencyMs ?? null,
    predictedFrom: predicted?.kind ?? null,
    createdAt: createdAt.toISOString(),
  };
}

function toMigrationRow(snapshot: FleetSnapshot, view: DeploymentView | undefined, migration: StoredMigration, target: StoredRevision | undefined): MigrationRow {
  const { id, fromRevisionId, toRevisionId, state, stateSince, cancelRequested, reason, error, operationId, startedAt, startedBy, finishedAt, decisions, deploymentId, predictedBytes, moved, course } = migration;
  const assignments = new Map((target?.stages ?? []).map((stage) => [assignmentIdOf(deploymentId, stage), stage]));
  return {
    id,
    fromRevisionId,
    toRevisionId,
    toRevision: target?.number ?? null,
    state,
    stateSince: stateSince.toISOString(),
    cancelRequested,
    cancellable: finishedAt === null && !cancelRequested && isCancellable(migration, view?.settings ?? {}, snapshot.nowMs),
    reason,
    trial: view && target ? trialText(snapshot, view, target, migration) : null,
    error,
    operationId,
    startedAt: startedAt.toISOString(),
    startedBy,
    finishedAt: finishedAt?.toISOString() ?? null,
    decisions,
    handOver: course?.handOver ? { step: course.handOver.step, of: course.handOver.of } : null,
    pause: course?.pause ? { ...course.pause, measuredMs: measuredPauseMs(stepTimes(decisions)) } : null,
    predictedBytes,
    moved,
    nodes: [...assignments].map(([assignmentId, stage]) => {
      const observed = snapshot.nodes.get(stage.nodeId)?.assignments.find((assignment) => assignment.assignmentId === assignmentId);
      return { nodeId: stage.nodeId, assignmentId, segmentId: stage.segmentId, from: stage.from, to: stage.to, state: observed?.state ?? "pending", bytesDone: observed?.bytesDone ?? 0, bytesTotal: observed?.bytesTotal ?? 0, bytesPerSecond: observed?.bytesPerSecond ?? 0 };
    }),
  };
}

/** Ready: the node is there and its pipeline of the current epoch is linked. */
function toIngress(snapshot: FleetSnapshot, view: DeploymentView): DeploymentRow["ingress"] {
  return view.settings.ingressNodeIds.flatMap((nodeId) => {
    const node = snapshot.nodes.get(nodeId);
    const route = node?.ingress.find((ingress) => ingress.deploymentId === view.deploymentId);
    if (!route) return [];
    const isLinked = route.pipelines.some((pipeline) => pipeline.epoch === route.currentEpoch && pipeline.linked);
    return [{ nodeId, url: route.url, ready: node?.presence !== "lost" && route.currentEpoch !== null && isLinked && route.error === null, ...(route.batching ? { batching: route.batching } : {}) }];
  });
}

function isLoopbackUrl(url: string): boolean {
  const host = URL.canParse(url) ? new URL(url).hostname : "";
  return host === "localhost" || host === "[::1]" || host.startsWith("127.");
}

/** Told anew at each read: figures of a trial grow, while its row stays as it is. Null = nothing is tried or watched. */
function trialText(snapshot: FleetSnapshot, view: DeploymentView, target: StoredRevision, { id, state, stateSince }: StoredMigration): string | null {
  const leftMs = state === "drain" ? watchLeftMs(view.settings, id, snapshot.nowMs - stateSince.getTime()) : 0;
  if (state !== "canary" && leftMs === 0) return null;
  const told = ingressOf(snapshot, view, target.ingressNodeIds).flatMap(({ route }) => (route?.canary?.epoch === target.epoch ? [route.canary] : []));
  if (state !== "canary") return watchText(target.number, leftMs, told);
  return canaryText(view.settings.canary ?? null, { number: target.number, isStateful: view.model.states.length > 0 }, told);
}
