// Owns rows of deployments, their revisions and migrations.
import type { ModelFacts } from "../model/model.ts";
import type { Parity, Plan } from "../planner/plan.ts";
import { type AdaptSettings, DEFAULT_ADAPT_SETTINGS } from "../policy/adapt/adapt-settings.ts";
import type { MoveCourse } from "../policy/move-course.ts";
import type { MovedBytes } from "../policy/moved-bytes.ts";
import type { DeploymentSettings, MigrationState, RevisionStage } from "../policy/snapshot.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson, toJson } from "./json.ts";

export const FINAL_MIGRATION_STATES: MigrationState[] = ["done", "rolled-back", "cancelled"];

export type StoredRevision = { id: string; deploymentId: string; number: number; planId: string; epoch: number; createdAt: Date; createdBy: string; reason: string; retiredAt: Date | null; ingressNodeIds: string[]; stages: RevisionStage[] };
export type MigrationDecisionRecord = { at: string; state: string; action: string; reason: string };
/** Its times as numbers. */
export const stepTimes = (decisions: readonly MigrationDecisionRecord[]) => decisions.map(({ at, state, action }) => ({ atMs: Date.parse(at), state, action }));
export type StoredMigration = {
  id: string;
  deploymentId: string;
  fromRevisionId: string | null;
  toRevisionId: string;
  state: MigrationState;
  stateSince: Date;
  cancelRequested: boolean;
  reason: string;
  error: { code: string; message: string; fix: string | null } | null;
  operationId: string;
  startedAt: Date;
  startedBy: string;
  finishedAt: Date | null;
  decisions: MigrationDecisionRecord[];
  /** That it would bring over the network, by what nodes held when it began; null = a segment was not made then. */
  predictedBytes: number | null;
  /** What it brought, and who gave it; null until the cutover, and where an agent does not tell it. */
  moved: MovedBytes[] | null;
  /** How it goes where a node cannot hold both revisions; null = as ever. */
  course: MoveCourse | null;
};
export type StoredDeployment = {
  id: string;
  name: string;
  modelId: string;
  topologyId: string;
  desired: "running" | "stopped";
  currentRevisionId: string | null;
  epoch: number;
  settings: DeploymentSettings;
  adaptation: AdaptSettings;
  createdAt: Date;
  createdBy: string;
  modelName: string;
  topologyName: string;
};

const NAMES = { model: { select: { name: true } }, topology: { select: { name: true } } } as const;

/** Not deleted, by name. */
export async function listDeployments(db: Db | Tx): Promise<StoredDeployment[]> {
  const rows = await db.deployment.findMany({ where: { deletedAt: null }, include: NAMES, orderBy: { name: "asc" } });
  return rows.map(toDeployment);
}

/** Of a model, deleted ones too, newest first. */
export async function listDeploymentIds(db: Db | Tx, modelId: string, limit: number): Promise<string[]> {
  return (await db.deployment.findMany({ where: { modelId }, orderBy: { createdAt: "desc" }, take: limit, select: { id: true } })).map(({ id }) => id);
}

export async function findDeployment(db: Db | Tx, id: string): Promise<StoredDeployment | null> {
  const row = await db.deployment.findFirst({ where: { id, deletedAt: null }, include: NAMES });
  return row && toDeployment(row);
}

/** The same row, held until the transaction ends: writers of one deployment go one after the other. */
export async function lockDeployment(tx: Tx, id: string): Promise<StoredDeployment | null> {
  await tx.$queryRaw`SELECT id FROM "Deployment" WHERE id = ${id} FOR UPDATE`;
  return findDeployment(tx, id);
}

export type NewDeployment = { id: string; name: string; modelId: string; topologyId: string; settings: DeploymentSettings; createdAt: Date; createdBy: string };
export async function insertDeployment(tx: Tx, deployment: NewDeployment): Promise<void> {
  await tx.deployment.create({ data: { ...deployment, settings: toJson(deployment.settings), desired: "running" } });
}

export async function updateDeployment(
  tx: Db | Tx,
  id: string,
  data: { desired?: "running" | "stopped"; currentRevisionId?: string | null; epoch?: number; settings?: DeploymentSettings; adaptation?: AdaptSettings; deletedAt?: Date; name?: string },
): Promise<void> {
  const { settings, adaptation, ...rest } = data;
  await tx.deployment.update({ where: { id }, data: { ...rest, ...(settings ? { settings: toJson(settings) } : {}), ...(adaptation ? { adaptation: toJson(adaptation) } : {}) } });
}

/** Newest first. */
export async function listRevisions(db: Db | Tx, deploymentId: string): Promise<StoredRevision[]> {
  const rows = await db.revision.findMany({ where: { deploymentId }, orderBy: { number: "desc" } });
  return rows.map(toRevision);
}

export async function findRevisions(db: Db | Tx, ids: string[]): Promise<StoredRevision[]> {
  const rows = await db.revision.findMany({ where: { id: { in: ids } } });
  return rows.map(toRevision);
}

export async function insertRevision(tx: Tx, revision: Omit<StoredRevision, "retiredAt">): Promise<void> {
  await tx.revision.create({ data: { ...revision, ingressNodeIds: toJson(revision.ingressNodeIds), stages: toJson(revision.stages) } });
}

/** Where requests entered of revisions that served and were left since `since`, newest first; at most `limit` nodes of each deployment. By its id. */
export async function listFormerEntries(db: Db | Tx, since: Date, limit: number): Promise<Map<string, { nodeId: string; leftAt: Date }[]>> {
  const rows = await db.$queryRaw<{ deploymentId: string; nodeId: string; leftAt: Date }[]>`
    SELECT r."deploymentId", entry.id AS "nodeId", max(m."finishedAt") AS "leftAt"
    FROM "Migration" m JOIN "Revision" r ON r.id = m."fromRevisionId", jsonb_array_elements_text(r."ingressNodeIds") AS entry(id)
    WHERE m.state = 'done' AND m."finishedAt" >= ${since} GROUP BY 1, 2 ORDER BY 3 DESC, 2`;
  const byDeployment = new Map<string, { nodeId: string; leftAt: Date }[]>();
  for (const { deploymentId, ...entry } of rows) {
    const known = byDeployment.get(deploymentId) ?? [];
    if (known.length < limit) byDeployment.set(deploymentId, [...known, entry]);
  }
  return byDeployment;
}

export async function retireRevision(tx: Tx, id: string, at: Date): Promise<void> {
  await tx.revision.update({ where: { id }, data: { retiredAt: at } });
}

export async function insertMigration(
  tx: Tx,
  migration: { id: string; deploymentId: string; fromRevisionId: string | null; toRevisionId: string; reason: string; operationId: string; startedAt: Date; startedBy: string; predictedBytes: number | null; course?: MoveCourse },
): Promise<void> {
  const { course, ...rest } = migration;
  await tx.migration.create({ data: { ...rest, ...(course ? { course: toJson(course) } : {}), state: "prepare", stateSince: migration.startedAt } });
}

export async function findMigration(db: Db | Tx, id: string): Promise<StoredMigration | null> {
  const row = await db.migration.findUnique({ where: { id } });
  return row && toMigration(row);
}

/** The newest of those that one operation drives: a hand-over has several. */
export async function findLastMigrationOf(db: Db | Tx, operationId: string): Promise<StoredMigration | null> {
  const row = await db.migration.findFirst({ where: { operationId }, orderBy: { startedAt: "desc" } });
  return row && toMigration(row);
}

export async function listUnfinishedMigrations(db: Db | Tx): Promise<StoredMigration[]> {
  return (await db.migration.findMany({ where: { finishedAt: null }, orderBy: { startedAt: "asc" } })).map(toMigration);
}

export async function findUnfinishedMigration(db: Db | Tx, deploymentId: string): Promise<StoredMigration | null> {
  const row = await db.migration.findFirst({ where: { deploymentId, finishedAt: null } });
  return row && toMigration(row);
}

export async function findMigrations(db: Db | Tx, ids: string[]): Promise<StoredMigration[]> {
  return (await db.migration.findMany({ where: { id: { in: ids } } })).map(toMigration);
}

/** Newest first. */
export async function listMigrations(db: Db | Tx, deploymentId: string, limit: number): Promise<StoredMigration[]> {
  return (await db.migration.findMany({ where: { deploymentId }, orderBy: { startedAt: "desc" }, take: limit })).map(toMigration);
}

/** The newest of each deployment, finished or not. */
export async function lastMigrations(db: Db | Tx, deploymentIds: string[]): Promise<Map<string, StoredMigration>> {
  const rows = await db.migration.findMany({ where: { deploymentId: { in: deploymentIds } }, distinct: ["deploymentId"], orderBy: [{ deploymentId: "asc" }, { startedAt: "desc" }] });
  return new Map(rows.map((row) => [row.deploymentId, toMigration(row)]));
}

/** False when it was not in `expected` any more: another writer was first. */
export async function moveMigration(
  tx: Tx,
  id: string,
  expected: MigrationState,
  change: { state: MigrationState; stateSince: Date; finishedAt?: Date; error?: StoredMigration["error"]; decisions: MigrationDecisionRecord[]; moved?: MovedBytes[] },
): Promise<boolean> {
  const { error, decisions, moved: bytes, ...rest } = change;
  const moved = await tx.migration.updateMany({ where: { id, state: expected, finishedAt: null }, data: { ...rest, decisions: toJson(decisions), ...(error ? { error: toJson(error) } : {}), ...(bytes ? { moved: toJson(bytes) } : {}) } });
  return moved.count === 1;
}

/** A file that requests need where they enter is known only now: unfinished moves to revisions of the plan bring it to each entry too. */
export async function addPredictedBytes(tx: Tx, planId: string, bytesPerEntry: number): Promise<void> {
  const revisions = await tx.revision.findMany({ where: { planId, deployment: { deletedAt: null } }, select: { id: true, ingressNodeIds: true } });
  for (const { id, ingressNodeIds } of revisions) {
    const entries = new Set(fromJson<string[]>(ingressNodeIds)).size;
    await tx.migration.updateMany({ where: { toRevisionId: id, finishedAt: null, predictedBytes: { not: null } }, data: { predictedBytes: { increment: entries * bytesPerEntry } } });
  }
}

export async function requestMigrationCancel(tx: Tx, id: string): Promise<void> {
  await tx.migration.update({ where: { id }, data: { cancelRequested: true } });
}

export type StoredPlanForDeploy = { id: string; modelId: string; topologyId: string; topologyRevision: number; revision: number; plan: Plan; parity: Parity; parityDigest: string | null };

export async function findPlanForDeploy(db: Db | Tx, id: string): Promise<StoredPlanForDeploy | null> {
  const row = await db.plan.findUnique({ where: { id } });
  return row && { ...row, plan: fromJson<Plan>(row.document), parity: fromJson<Parity>(row.parity) };
}

export async function readModelFacts(db: Db | Tx, modelId: string): Promise<ModelFacts | null> {
  const row = await db.model.findUnique({ where: { id: modelId }, select: { facts: true } });
  return row && fromJson<ModelFacts>(row.facts);
}

type DeploymentRow = Awaited<ReturnType<Db["deployment"]["findMany"]>>[number] & { model: { name: string }; topology: { name: string } };
function toDeployment(row: DeploymentRow): StoredDeployment {
  const { model, topology, ...rest } = row;
  return { ...rest, desired: row.desired as "running" | "stopped", settings: fromJson<DeploymentSettings>(row.settings), adaptation: { ...DEFAULT_ADAPT_SETTINGS, ...fromJson<Partial<AdaptSettings>>(row.adaptation) }, modelName: model.name, topologyName: topology.name };
}

type RevisionRow = Awaited<ReturnType<Db["revision"]["findMany"]>>[number];
const toRevision = (row: RevisionRow): StoredRevision => ({ ...row, ingressNodeIds: fromJson<string[]>(row.ingressNodeIds), stages: fromJson<RevisionStage[]>(row.stages) });

type MigrationRow = Awaited<ReturnType<Db["migration"]["findMany"]>>[number];
function toMigration(row: MigrationRow): StoredMigration {
  return { ...row, state: row.state as MigrationState, error: row.error === null ? null : fromJson<NonNullable<StoredMigration["error"]>>(row.error), decisions: fromJson<MigrationDecisionRecord[]>(row.decisions), predictedBytes: row.predictedBytes === null ? null : Number(row.predictedBytes), moved: row.moved === null ? null : fromJson<MovedBytes[]>(row.moved), course: row.course === null ? null : fromJson<MoveCourse>(row.course) };
}
