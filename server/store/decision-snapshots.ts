// Owns rows of what decisions were made of. Packed as the structured clone algorithm writes it (maps, sparse numbers and infinities stay what they are), then compressed.
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { deserialize, serialize } from "node:v8";
import { gunzip, gzip } from "node:zlib";
import type { DecisionSnapshot } from "../policy/adapt/decision-snapshot.ts";
import type { Db, Tx } from "./db.ts";

/** Of a fleet of hundreds of nodes with a model of hundreds of layers; what is more is not kept, and its decision has a digest only. */
export const MAX_PACKED_BYTES = 512 * 1024;
const MAX_UNPACKED_BYTES = 64 * 2 ** 20;
/** Newest of a deployment. */
const KEPT_PER_DEPLOYMENT = 100;

/** `digest`: sha-256 of `packed`, hex. */
export type PackedSnapshot = { digest: string; packed: Buffer };

export async function packSnapshot(snapshot: DecisionSnapshot): Promise<PackedSnapshot> {
  const packed = await promisify(gzip)(serialize(snapshot));
  return { digest: digestOf(packed), packed };
}

/** @throws Error where the bytes are not what was packed */
export async function unpackSnapshot(packed: Uint8Array): Promise<DecisionSnapshot> {
  return deserialize(await promisify(gunzip)(packed, { maxOutputLength: MAX_UNPACKED_BYTES })) as DecisionSnapshot;
}

export const digestOf = (packed: Uint8Array): string => createHash("sha256").update(packed).digest("hex");

export async function insertSnapshot(tx: Db | Tx, { decisionId, deploymentId, packed }: { decisionId: string; deploymentId: string; packed: Buffer }): Promise<void> {
  if (packed.length > MAX_PACKED_BYTES) return;
  await tx.decisionSnapshot.create({ data: { decisionId, packed: new Uint8Array(packed) } });
  const old = await tx.decisionSnapshot.findMany({ where: { decision: { deploymentId } }, orderBy: { decision: { at: "desc" } }, skip: KEPT_PER_DEPLOYMENT, select: { decisionId: true } });
  if (old.length > 0) await tx.decisionSnapshot.deleteMany({ where: { decisionId: { in: old.map((one) => one.decisionId) } } });
}

/** Null = none was kept. */
export async function findSnapshot(db: Db | Tx, decisionId: string): Promise<Uint8Array | null> {
  return (await db.decisionSnapshot.findUnique({ where: { decisionId } }))?.packed ?? null;
}
