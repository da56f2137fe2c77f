// Owns rows of plans. A plan never changes after it is made; only what its parity check found is added.
import type { Plan as PlanRow } from "../../prisma/generated/client.ts";
import type { Parity, Plan } from "../planner/plan.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson, toJson } from "./json.ts";

export type StoredPlan = {
  id: string;
  /** sha-256 hex of the plan's canonical bytes. */
  hash: string;
  modelId: string;
  topologyId: string;
  topologyRevision: number;
  /** n-th plan of this model on this topology. */
  revision: number;
  plan: Plan;
  parity: Parity;
  /** Artifact with the inputs and reference outputs of the check. */
  parityDigest: string | null;
  createdAt: string;
  createdBy: string;
};

export type NewPlan = { id: string; hash: string; modelId: string; topologyId: string; topologyRevision: number; plan: Plan; createdAt: Date; createdBy: string };

/** Takes the next revision under a lock of the pair, so that two authors at once get two revisions. */
export async function insertPlan(tx: Tx, plan: NewPlan): Promise<StoredPlan> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`${plan.modelId}/${plan.topologyId}`}, 0))`;
  const last = await tx.plan.aggregate({ where: { modelId: plan.modelId, topologyId: plan.topologyId }, _max: { revision: true } });
  const { plan: document, ...rest } = plan;
  const row = await tx.plan.create({ data: { ...rest, revision: (last._max.revision ?? 0) + 1, document: toJson(document), parity: { status: "pending" } } });
  return toPlan(row);
}

export async function findPlan(db: Db | Tx, id: string): Promise<StoredPlan | null> {
  const row = await db.plan.findUnique({ where: { id } });
  return row && toPlan(row);
}

/** The newest plan of the same model, topology and hash. */
export async function findPlanByHash(db: Db | Tx, query: { modelId: string; topologyId: string; hash: string }): Promise<StoredPlan | null> {
  const row = await db.plan.findFirst({ where: query, orderBy: { revision: "desc" } });
  return row && toPlan(row);
}

/** Newest first. */
export async function listPlans(db: Db | Tx, query: { modelId?: string; topologyId?: string; limit: number }): Promise<StoredPlan[]> {
  const { limit, ...where } = query;
  const rows = await db.plan.findMany({ where, orderBy: { createdAt: "desc" }, take: limit });
  return rows.map(toPlan);
}

/** Those whose check has not come to an end. */
export async function listPlansToCheck(db: Db | Tx): Promise<StoredPlan[]> {
  const rows = await db.plan.findMany({ where: { parity: { path: ["status"], equals: "pending" }, model: { deletedAt: null } }, orderBy: { createdAt: "asc" } });
  return rows.map(toPlan);
}

/** What deployments of the model run, then its newest plan on each topology; newest first, at most `limit`. */
export async function listCurrentPlans(db: Db | Tx, modelId: string, limit: number): Promise<StoredPlan[]> {
  const running = await db.revision.findMany({ where: { plan: { modelId }, deployment: { deletedAt: null } }, include: { plan: true, deployment: true }, orderBy: { createdAt: "desc" } });
  const newest = await db.plan.findMany({ where: { modelId }, orderBy: [{ topologyId: "asc" }, { revision: "desc" }], distinct: ["topologyId"] });
  const rows = [...running.filter((row) => row.deployment.currentRevisionId === row.id).map((row) => row.plan), ...newest.sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())];
  return [...new Map(rows.map((row) => [row.id, row])).values()].slice(0, limit).map(toPlan);
}

export async function updatePlanParity(db: Db | Tx, id: string, parity: Parity, parityDigest: string | null): Promise<void> {
  await db.plan.update({ where: { id }, data: { parity: toJson(parity), parityDigest } });
}

/** Of its check file; while it is being checked, of another plan of its model: the file is made of the model and its sample alone. */
export async function findCheckDigest(db: Db | Tx, planId: string): Promise<string | null> {
  const plan = await db.plan.findUnique({ where: { id: planId }, select: { modelId: true, parityDigest: true, parity: true } });
  if (!plan || plan.parityDigest !== null || fromJson<Parity>(plan.parity).status !== "pending") return plan?.parityDigest ?? null;
  return (await db.plan.findFirst({ where: { modelId: plan.modelId, parityDigest: { not: null } }, orderBy: { createdAt: "desc" }, select: { parityDigest: true } }))?.parityDigest ?? null;
}

export type PlanUse = { planId: string; deploymentId: string; name: string; revision: number; current: boolean };

/** Deployments that have run these plans, newest revision first. */
export async function listPlanUses(db: Db | Tx, planIds: string[]): Promise<PlanUse[]> {
  const rows = await db.revision.findMany({ where: { planId: { in: planIds }, deployment: { deletedAt: null } }, include: { deployment: true }, orderBy: { number: "desc" } });
  return rows.map((row) => ({ planId: row.planId, deploymentId: row.deploymentId, name: row.deployment.name, revision: row.number, current: row.deployment.currentRevisionId === row.id }));
}

function toPlan(row: PlanRow): StoredPlan {
  return {
    id: row.id,
    hash: row.hash,
    modelId: row.modelId,
    topologyId: row.topologyId,
    topologyRevision: row.topologyRevision,
    revision: row.revision,
    plan: fromJson<Plan>(row.document),
    parity: fromJson<Parity>(row.parity),
    parityDigest: row.parityDigest,
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy,
  };
}
