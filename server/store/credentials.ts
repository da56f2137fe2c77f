// Owns credentials of people, scripts and clients of an ingress. Only the SHA-256 of a secret is stored; the secret is shown once.
import type { KeyLimits } from "../../agents/protocol/control.ts";
import { type Credential as CredentialRow, Prisma } from "../../prisma/generated/client.ts";
import { newId } from "../ids.ts";
import type { KeyQuotaWanted } from "../policy/share-quota.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson, toJson } from "./json.ts";

export type Credential = {
  id: string;
  name: string;
  /** sha-256 hex of the secret. */
  hash: string;
  kind: "admin" | "inference";
  /** The deployment an inference key opens; null for an admin token. */
  deploymentId: string | null;
  /** What it may ask at each ingress; null = what the deployment says of each key. */
  limits: KeyLimits | null;
  /** What it may ask over all ingresses; null = any number. */
  quota: KeyQuotaWanted | null;
  /** It may start and stop its deployment through an ingress, by the protocol's load and unload. */
  mayLoad: boolean;
  createdAt: string;
  revokedAt: string | null;
};

export type NewCredential = { name: string; hash: string; kind: Credential["kind"]; deploymentId: string | null; limits?: KeyLimits | null; quota?: KeyQuotaWanted | null; mayLoad?: boolean; createdAt: Date };

export async function insertCredential(db: Db | Tx, credential: NewCredential): Promise<Credential> {
  return toCredential(await db.credential.create({ data: { id: newId("crd"), ...credential, limits: jsonOrNull(credential.limits), quota: jsonOrNull(credential.quota) } }));
}

export type CredentialChange = Pick<Credential, "limits" | "quota" | "mayLoad">;
export async function updateCredential(db: Db | Tx, id: string, { limits, quota, mayLoad }: CredentialChange): Promise<Credential> {
  return toCredential(await db.credential.update({ where: { id }, data: { limits: jsonOrNull(limits), quota: jsonOrNull(quota), mayLoad, exhaustedIn: null } }));
}

/** False where these periods are marked already. */
export async function markExhausted(tx: Tx, id: string, periods: string): Promise<boolean> {
  const { count } = await tx.credential.updateMany({ where: { id, OR: [{ exhaustedIn: null }, { exhaustedIn: { not: periods } }] }, data: { exhaustedIn: periods } });
  return count > 0;
}

const jsonOrNull = (value: object | null | undefined) => (value ? toJson(value) : Prisma.DbNull);

/** Its row is this transaction's until it ends. */
export async function lockCredential(tx: Tx, id: string): Promise<Credential | null> {
  await tx.$queryRaw`SELECT 1 FROM "Credential" WHERE id = ${id} FOR UPDATE`;
  return findCredential(tx, id);
}

/** One that was not revoked. */
export async function findCredentialByHash(db: Db | Tx, hash: string): Promise<Credential | null> {
  const row = await db.credential.findFirst({ where: { hash, revokedAt: null } });
  return row && toCredential(row);
}

export async function findCredential(db: Db | Tx, id: string): Promise<Credential | null> {
  const row = await db.credential.findUnique({ where: { id } });
  return row && toCredential(row);
}

export async function findCredentialByName(db: Db | Tx, name: string): Promise<Credential | null> {
  const row = await db.credential.findUnique({ where: { name } });
  return row && toCredential(row);
}

/** Those not revoked, newest first. */
export async function listCredentials(db: Db | Tx, query: { kind?: Credential["kind"]; deploymentId?: string } = {}): Promise<Credential[]> {
  const rows = await db.credential.findMany({ where: { ...query, revokedAt: null }, orderBy: { createdAt: "desc" } });
  return rows.map(toCredential);
}

/** Frees the name too. False when there is none such. */
export async function revokeCredential(db: Db | Tx, id: string, revokedAt: Date): Promise<boolean> {
  const row = await db.credential.findFirst({ where: { id, revokedAt: null } });
  if (!row) return false;
  await db.credential.update({ where: { id }, data: { revokedAt, name: `${row.name} (revoked ${id})` } });
  return true;
}

function toCredential(row: CredentialRow): Credential {
  return {
    id: row.id,
    name: row.name,
    hash: row.hash,
    kind: row.kind as Credential["kind"],
    deploymentId: row.deploymentId,
    limits: row.limits === null ? null : fromJson<KeyLimits>(row.limits),
    quota: row.quota === null ? null : fromJson<KeyQuotaWanted>(row.quota),
    mayLoad: row.mayLoad,
    createdAt: row.createdAt.toISOString(),
    revokedAt: row.revokedAt?.toISOString() ?? null,
  };
}
