// Owns the one picture the control plane decides on: desired rows from the database, observed from memory where a node is connected, from its
// last rows where it is not. What never changes (segments, a model's cuts) is read once.
import type { KeyLimits, ProcessorSpec, SegmentSpec } from "../../agents/protocol/control.ts";
import { periodOf } from "../../agents/protocol/quota-period.ts";
import type { ModelFacts } from "../model/model.ts";
import type { Parity, Plan } from "../planner/plan.ts";
import { MAX_TELLING_NODES, MOVED_TOLD_MS } from "../policy/moved-routes.ts";
import type { KeyQuotaWanted } from "../policy/share-quota.ts";
import type { DeploymentView, FleetSnapshot, MigrationView, ModelView, NodeView, RevisionView, StageView } from "../policy/snapshot.ts";
import type { Db } from "../store/db.ts";
import { FINAL_MIGRATION_STATES, findRevisions, lastMigrations, listDeployments, listFormerEntries, listUnfinishedMigrations, readModelFacts, type StoredDeployment, type StoredMigration, type StoredRevision } from "../store/deployments.ts";
import { fromJson } from "../store/json.ts";
import { readKeyUsage } from "../store/key-usage.ts";
import { listMeasureTasks } from "../store/measure-tasks.ts";
import { listNodes, type StoredNode } from "../store/nodes.ts";
import { type LiveFleet, liveFleet } from "./live-fleet.ts";
import { nodePresence } from "./node-presence.ts";
import { resolveShape } from "./resolve-shape.ts";
import { sinceOf } from "./steady-since.ts";

/** Wiring of revisions and facts of models kept in memory; both are immutable. */
const MAX_CACHED = 256;
type Planned = { rates: number[]; promise: NonNullable<RevisionView["promise"]> | null };
type Caches = { stages: Map<string, StageView[]>; plans: Map<string, Planned>; facts: Map<string, ModelFacts> };
const caches = new WeakMap<Db, Caches>();

export async function readSnapshot(db: Db, nowMs: number): Promise<FleetSnapshot> {
  const fleet = liveFleet(db);
  const jumpedBeforeMs = fleet.jumpedMs;
  const [nodes, deployments, migrations, measurements] = await Promise.all([listNodes(db), listDeployments(db), listUnfinishedMigrations(db), listMeasureTasks(db)]);
  const last = await lastMigrations(db, deployments.map((deployment) => deployment.id));
  const ids = new Set<string>();
  for (const deployment of deployments) if (deployment.currentRevisionId) ids.add(deployment.currentRevisionId);
  for (const migration of migrations) for (const id of [migration.fromRevisionId, migration.toRevisionId]) if (id) ids.add(id);
  const revisions = await findRevisions(db, [...ids]);
  // Twice as many as may tell: those that are entered still are among them.
  const former = await listFormerEntries(db, new Date(nowMs - MOVED_TOLD_MS), 2 * MAX_TELLING_NODES);
  const context = { db, revisions, migrations, last, former, nowMs };
  const made = await Promise.all(deployments.map((deployment) => deploymentView(context, deployment)));
  // The clock may have jumped while rows were read: all times of one picture are of one clock.
  const atMs = nowMs + fleet.jumpedMs - jumpedBeforeMs;
  const views = new Map(nodes.map((node) => [node.id, nodeView(fleet, node, atMs)]));
  forgetOthers(fleet, new Set(deployments.map((deployment) => deployment.id)));
  return { nowMs: atMs, jumpedMs: fleet.jumpedMs, nodes: views, deployments: made.map((view) => withSince(fleet, view, atMs)), measurements: measurements.map(({ task, nodeId }) => ({ task, nodeId })) };
}

/** Since when it moves on, and since when it is stopped, whatever the clock did meanwhile. */
function withSince(fleet: LiveFleet, view: DeploymentView, nowMs: number): DeploymentView {
  const { deploymentId, migration, settings } = view;
  const since = (what: string, storedMs: number) => sinceOf(fleet, `${deploymentId} ${what}`, storedMs, nowMs);
  return {
    ...view,
    ...(migration ? { migration: { ...migration, stateSinceMs: since("moves", migration.stateSinceMs) } } : {}),
    ...(settings.stoppedAtMs === null ? {} : { settings: { ...settings, stoppedAtMs: since("is stopped", settings.stoppedAtMs) } }),
  };
}

function forgetOthers(fleet: LiveFleet, deploymentIds: ReadonlySet<string>): void {
  for (const key of fleet.since.keys()) if (!deploymentIds.has(key.slice(0, key.indexOf(" ")))) fleet.since.delete(key);
}

/** Facts of a model; they never change. @throws when the model is gone, which its deployments forbid. */
export async function cachedFacts(db: Db, modelId: string): Promise<ModelFacts> {
  const { facts } = cachesOf(db);
  const known = facts.get(modelId);
  if (known) return known;
  const read = await readModelFacts(db, modelId);
  if (!read) throw new Error(`model ${modelId} has no row`);
  return keep(facts, modelId, read);
}

function nodeView(fleet: LiveFleet, node: StoredNode, nowMs: number): NodeView {
  const live = fleet.nodes.get(node.id);
  const { observed } = node;
  const isReported = live?.bootId != null;
  const { presence, serves } = nodePresence(fleet, node, nowMs);
  return {
    nodeId: node.id,
    name: node.name,
    cordoned: node.cordoned,
    presence,
    ...(serves ? { serves } : {}),
    connected: live?.connected ?? false,
    ...(live?.connected && !live.hasTold ? { untold: true } : {}),
    hardware: live?.hardware ?? observed?.hardware ?? null,
    data: live?.data ?? (observed && observed.dataPort > 0 ? { host: observed.dataHost, port: observed.dataPort } : null),
    assignments: isReported ? live.assignments : (observed?.assignments ?? []),
    ingress: isReported ? live.ingress : (observed?.ingress ?? []),
    measures: isReported ? live.measures : (observed?.measures ?? []),
  };
}

type Context = { db: Db; revisions: StoredRevision[]; migrations: StoredMigration[]; last: Map<string, StoredMigration>; former: Awaited<ReturnType<typeof listFormerEntries>>; nowMs: number };

async function deploymentView(context: Context, deployment: StoredDeployment): Promise<DeploymentView> {
  const { db } = context;
  const migration = context.migrations.find((one) => one.deploymentId === deployment.id) ?? null;
  const wanted = new Set([deployment.currentRevisionId, migration?.fromRevisionId, migration?.toRevisionId]);
  const facts = await cachedFacts(db, deployment.modelId);
  const [model, keys, revisions] = await Promise.all([
    readModel(db, deployment.modelId, facts),
    db.credential.findMany({ where: { kind: "inference", deploymentId: deployment.id, revokedAt: null }, select: { id: true, hash: true, limits: true, quota: true }, orderBy: { hash: "asc" } }),
    Promise.all(context.revisions.filter((one) => wanted.has(one.id) && one.deploymentId === deployment.id).map((one) => revisionView(db, deployment.modelId, facts, one))),
  ]);
  const usage = await readKeyUsage(db, keys.filter(({ quota }) => quota !== null).map(({ id }) => id), `${periodOf("month", context.nowMs)}-01`);
  const last = context.last.get(deployment.id);
  const didFail = last && FINAL_MIGRATION_STATES.includes(last.state) && last.state !== "done";
  return {
    deploymentId: deployment.id,
    name: deployment.name,
    desired: deployment.desired,
    currentRevisionId: deployment.currentRevisionId,
    settings: deployment.settings,
    model,
    keyHashes: keys.map((key) => key.hash),
    ownKeys: keys.flatMap(({ id, hash, limits, quota }) => (limits === null && quota === null ? [] : [{ keyId: id, hash, limits: limits === null ? null : fromJson<KeyLimits>(limits), quota: quota === null ? null : fromJson<KeyQuotaWanted>(quota), usage: usage.get(id) ?? [] }])),
    revisions,
    migration: migration && migrationView(migration),
    formerEntries: (context.former.get(deployment.id) ?? []).map(({ nodeId, leftAt }) => ({ nodeId, leftAtMs: leftAt.getTime() })),
    lastFailure: didFail ? (last.error?.message ?? last.state) : null,
  };
}

function migrationView(row: StoredMigration): MigrationView {
  const { id, fromRevisionId, toRevisionId, state, stateSince, cancelRequested, operationId, reason, course } = row;
  const { pause, handOver } = course ?? {};
  return { migrationId: id, fromRevisionId, toRevisionId, state, stateSinceMs: stateSince.getTime(), cancelRequested, operationId, reason, ...(pause ? { pause: { nodeIds: pause.nodeIds, allowedMs: pause.allowedMs } } : {}), ...(handOver ? { handOver: { step: handOver.step, of: handOver.of } } : {}) };
}

/** The processor may be changed at any time; the rest never. */
async function readModel(db: Db, modelId: string, facts: ModelFacts): Promise<ModelView> {
  const row = await db.model.findUniqueOrThrow({ where: { id: modelId }, select: { processor: true, processorFiles: true } });
  return {
    modelId,
    inputs: facts.inputs,
    outputs: facts.outputs,
    states: facts.states,
    processor: row.processor === null ? null : fromJson<ProcessorSpec>(row.processor),
    processorFiles: fromJson<ModelView["processorFiles"]>(row.processorFiles),
  };
}

/** Parity is read anew: the check may end after the deployment began. */
async function revisionView(db: Db, modelId: string, facts: ModelFacts, row: StoredRevision): Promise<RevisionView> {
  const [stages, plan] = await Promise.all([stagesOfRevision(db, modelId, facts, row), db.plan.findUniqueOrThrow({ where: { id: row.planId }, select: { parity: true, parityDigest: true } })]);
  const artifact = plan.parityDigest === null ? null : await db.artifact.findUnique({ where: { digest: plan.parityDigest } });
  const parityFile = artifact && { digest: artifact.digest, bytes: Number(artifact.bytes) };
  const { rates, promise } = await planned(db, row.planId);
  return { revisionId: row.id, number: row.number, epoch: row.epoch, ingressNodeIds: row.ingressNodeIds, stages, ...(stages.some((stage) => stage.replica) ? { replicaRates: rates } : {}), ...(promise ? { promise } : {}), parity: fromJson<Parity>(plan.parity), parityFile };
}

/** What its plan predicts of each replica, and what it was asked to keep to; a plan never changes. */
async function planned(db: Db, planId: string): Promise<Planned> {
  const { plans } = cachesOf(db);
  const known = plans.get(planId);
  if (known) return known;
  const { document } = await db.plan.findUniqueOrThrow({ where: { id: planId }, select: { document: true } });
  const { estimate, replicas = [], request } = fromJson<Plan>(document);
  return keep(plans, planId, { rates: [estimate, ...replicas.map((replica) => replica.estimate)].map((one) => one.throughputPerSecond), promise: request?.slo ?? null });
}

async function stagesOfRevision(db: Db, modelId: string, facts: ModelFacts, row: StoredRevision): Promise<StageView[]> {
  const { stages } = cachesOf(db);
  const known = stages.get(row.id);
  if (known) return known;
  const segments = await db.segment.findMany({ where: { modelId, id: { in: row.stages.map((stage) => stage.segmentId) } } });
  const made = row.stages.map((stage): StageView => {
    const segment = segments.find((one) => one.id === stage.segmentId);
    if (!segment) throw new Error(`segment ${stage.segmentId} of revision ${row.id} has no row`);
    const spec = fromJson<SegmentSpec>(segment.spec);
    const isLast = stage.to === facts.layers.length;
    const stateOutputs = new Set(facts.states.map((pair) => pair.output));
    const sends = isLast ? facts.outputs.map((output) => output.name).filter((name) => !stateOutputs.has(name)) : (facts.cuts[stage.to - 1]?.tensors ?? []).map((tensor) => tensor.name);
    // A value of unknown rank has no shape to resolve; the sizes seen at import are what a warm run needs.
    const sizes = new Map((facts.cuts[stage.from - 1]?.tensors ?? []).map((tensor) => [tensor.name, tensor.sizes]));
    const warmShapes = spec.inputs.map((input) => ({ name: input.name, dataType: input.dataType, shape: facts.states.find((pair) => pair.input === input.name)?.shape ?? sizes.get(input.name) ?? resolveShape(input.shape, facts.dimensionValues) }));
    return { ...stage, segment: { ...spec, segmentId: segment.id }, sends, warmShapes };
  });
  return keep(stages, row.id, made);
}

function cachesOf(db: Db): Caches {
  const known = caches.get(db);
  if (known) return known;
  const made: Caches = { stages: new Map(), plans: new Map(), facts: new Map() };
  caches.set(db, made);
  return made;
}

/** Oldest out. */
function keep<T>(cache: Map<string, T>, key: string, value: T): T {
  cache.set(key, value);
  if (cache.size > MAX_CACHED) cache.delete(cache.keys().next().value as string);
  return value;
}
