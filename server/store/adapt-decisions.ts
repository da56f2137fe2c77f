// Owns rows of what adaptation decided: written on a change of mind, bounded per deployment.
import type { AdaptDecision as Row } from "../../prisma/generated/client.ts";
import { newId } from "../ids.ts";
import type { Placement } from "../planner/plan.ts";
import type { AdaptMode } from "../policy/adapt/adapt-settings.ts";
import type { BillParts } from "../policy/adapt/moving-bill.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson, toJson } from "./json.ts";

export const DECISION_OUTCOMES = ["kept", "suggested", "accepted", "expired", "moving", "moved", "failed"] as const;
export type DecisionOutcome = (typeof DECISION_OUTCOMES)[number];
/** `name`: of the node, or of both ends of the link; of a demand or a burn empty. `factor`: times slower than when healthy; times what is carried with room to spare (demand); 1 (a lost node or link); times as fast as the SLO's error budget lasts (burn). */
export type DecisionTrigger = { key: string; kind: "node" | "link" | "demand" | "loss" | "burn"; name: string; factor: number; sinceMs: number };
/** Costs in the plan's objective and unit, per request. */
export type DecisionAlternative = { kind: "tune" | "remap" | "resplit" | "return" | "add" | "drop" | "shed" | "admit" | "batch"; /** In force from then on, where requests are joined; 1 = each alone. */ batch?: { maxSize: number; maxDelayMs: number }; /** Let in from then on, where it sheds; null = all again. */ admitPerSecond?: number | null; /** Of several, which one, from 1. */ replica?: number; /** All together afterwards, where their number changes. */ carriesPerSecond?: number; placement: Placement; cost: number; bound: number | null; gap: number | null; gain: number; bytes: number; seconds: number; /** What the seconds are the sum of; absent where nothing moves, and in records of before it was kept. */ parts?: DecisionParts; refused: string | null };
/** `name`: of the node that gives, null = the console. */
export type DecisionParts = Omit<BillParts, "from"> & { from?: { name: string | null; bytes: number }[] };
export type StoredDecision = {
  id: string; deploymentId: string; at: Date; mode: AdaptMode; verdict: string; outcome: DecisionOutcome; reason: string;
  trigger: DecisionTrigger[]; snapshotDigest: string; alternatives: DecisionAlternative[]; chosen: number | null;
  costNow: number | null; predictedGain: number | null; realisedGain: number | null; needed: number | null; regret: number | null;
  planId: string | null; migrationId: string | null; operationId: string | null; decidedBy: string;
};

/** Older ones go: a record is for people, and the event log is kept beside it. */
const KEPT_PER_DEPLOYMENT = 500;

export async function insertDecision(tx: Db | Tx, decision: Omit<StoredDecision, "id">): Promise<StoredDecision> {
  const row = await tx.adaptDecision.create({ data: { ...decision, id: newId("dec"), trigger: toJson(decision.trigger), alternatives: toJson(decision.alternatives) } });
  const last = await tx.adaptDecision.findFirst({ where: { deploymentId: decision.deploymentId }, orderBy: { at: "desc" }, skip: KEPT_PER_DEPLOYMENT, select: { at: true } });
  if (last) await tx.adaptDecision.deleteMany({ where: { deploymentId: decision.deploymentId, at: { lte: last.at } } });
  return toDecision(row);
}

export async function updateDecision(tx: Db | Tx, id: string, data: Partial<Pick<StoredDecision, "outcome" | "reason" | "realisedGain" | "planId" | "migrationId" | "operationId" | "decidedBy">>): Promise<void> {
  await tx.adaptDecision.update({ where: { id }, data });
}

/** Only while it has that outcome. False = somebody was first. */
export async function takeDecision(tx: Db | Tx, id: string, from: DecisionOutcome, to: DecisionOutcome, decidedBy?: string): Promise<boolean> {
  return (await tx.adaptDecision.updateMany({ where: { id, outcome: from }, data: { outcome: to, ...(decidedBy === undefined ? {} : { decidedBy }) } })).count === 1;
}

export async function findDecision(db: Db | Tx, id: string): Promise<StoredDecision | null> {
  const row = await db.adaptDecision.findUnique({ where: { id } });
  return row && toDecision(row);
}

/** Newest first. */
export async function listDecisions(db: Db | Tx, deploymentId: string, limit: number): Promise<StoredDecision[]> {
  return (await db.adaptDecision.findMany({ where: { deploymentId }, orderBy: { at: "desc" }, take: limit })).map(toDecision);
}

/** Oldest first; of more than `limit` the newest. */
export async function listDecisionsBetween(db: Db | Tx, deploymentId: string, span: { from: Date; to: Date; limit: number }): Promise<StoredDecision[]> {
  const rows = await db.adaptDecision.findMany({ where: { deploymentId, at: { gte: span.from, lte: span.to } }, orderBy: { at: "desc" }, take: span.limit });
  return rows.reverse().map(toDecision);
}

/** The last one at or before then. */
export async function findDecisionAt(db: Db | Tx, deploymentId: string, at: Date): Promise<StoredDecision | null> {
  const row = await db.adaptDecision.findFirst({ where: { deploymentId, at: { lte: at } }, orderBy: { at: "desc" } });
  return row && toDecision(row);
}

export async function listOpenDecisions(db: Db | Tx): Promise<StoredDecision[]> {
  return (await db.adaptDecision.findMany({ where: { outcome: { in: ["suggested", "accepted", "moving"] } }, orderBy: { at: "asc" } })).map(toDecision);
}

/** When adaptation moved it since then, milliseconds, oldest first. */
export async function listAdaptMoves(db: Db | Tx, since: Date): Promise<{ deploymentId: string; atMs: number }[]> {
  const rows = await db.migration.findMany({ where: { startedBy: { startsWith: "adapt" }, startedAt: { gte: since } }, orderBy: { startedAt: "asc" }, select: { deploymentId: true, startedAt: true } });
  return rows.map((row) => ({ deploymentId: row.deploymentId, atMs: row.startedAt.getTime() }));
}

function toDecision(row: Row): StoredDecision {
  return { ...row, mode: row.mode as AdaptMode, outcome: row.outcome as DecisionOutcome, trigger: fromJson<DecisionTrigger[]>(row.trigger), alternatives: fromJson<DecisionAlternative[]>(row.alternatives) };
}
