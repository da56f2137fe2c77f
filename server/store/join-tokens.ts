// Owns rows of join tokens. Only the hash of a token's secret is kept.
import type { Db, Tx } from "./db.ts";

export type StoredJoinToken = { id: string; nodeName: string | null; createdAt: Date; createdBy: string; expiresAt: Date; usedAt: Date | null; usedByNodeId: string | null; needsApproval: boolean };

export async function insertJoinToken(db: Db | Tx, token: { id: string; hash: string; nodeName: string | null; createdAt: Date; createdBy: string; expiresAt: Date; needsApproval: boolean }): Promise<void> {
  await db.joinToken.create({ data: token });
}

export async function findJoinToken(db: Db | Tx, hash: string): Promise<StoredJoinToken | null> {
  return db.joinToken.findUnique({ where: { hash }, omit: { hash: true } });
}

/** True for exactly one caller, however many race: the row is taken by a conditional update. */
export async function takeJoinToken(tx: Tx, hash: string, nodeId: string, now: Date): Promise<boolean> {
  const taken = await tx.joinToken.updateMany({ where: { hash, usedAt: null, expiresAt: { gt: now } }, data: { usedAt: now, usedByNodeId: nodeId } });
  return taken.count === 1;
}

/** Newest first, used and expired ones too. */
export async function listJoinTokens(db: Db | Tx, limit = 200): Promise<StoredJoinToken[]> {
  return db.joinToken.findMany({ omit: { hash: true }, orderBy: { createdAt: "desc" }, take: limit });
}

/** False when there is none, or it was used: a used one is a record of who let a node in. */
export async function deleteUnusedJoinToken(db: Db | Tx, id: string): Promise<boolean> {
  const gone = await db.joinToken.deleteMany({ where: { id, usedAt: null } });
  return gone.count === 1;
}
