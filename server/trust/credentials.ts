// Makes the secrets of people, scripts and clients, and recognises them. Only hashes are stored: the secrets are 256 random bits, so that a plain hash is enough.
import { createHash, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { type Credential, findCredentialByHash, insertCredential, listCredentials } from "../store/credentials.ts";
import type { Db, Tx } from "../store/db.ts";

export const CREDENTIAL_COOKIE = "cutplane_token";
export const ADMIN_NAME = "admin";
const MAX_TOKEN_CHARS = 256;

/** `token` is shown once, `hash` stored. "cp_" for the console, "cpk_" for a deployment's ingress. */
export function makeToken(prefix: "cp" | "cpk"): { token: string; hash: string } {
  const token = `${prefix}_${randomBytes(32).toString("base64url")}`;
  return { token, hash: hashToken(token) };
}

/** Of the whole token, prefix included: sha-256 hex. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** The first admin token, made when there is none; null when there is. Shown once by the caller. */
export async function makeFirstAdminToken(db: Db | Tx, now: Date): Promise<string | null> {
  if ((await listCredentials(db, { kind: "admin" })).length > 0) return null;
  const { token, hash } = makeToken("cp");
  await insertCredential(db, { name: ADMIN_NAME, hash, kind: "admin", deploymentId: null, createdAt: now });
  return token;
}

/** Of a bearer header or of the browser's cookie. */
export function tokenOf(headers: IncomingMessage["headers"]): string | null {
  const bearer = /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? "")?.[1];
  const cookie = headers.cookie?.split(";").map((part) => part.trim().split("="));
  const token = bearer ?? cookie?.find(([name]) => name === CREDENTIAL_COOKIE)?.[1] ?? null;
  return token && token.length <= MAX_TOKEN_CHARS ? token : null;
}

/** The admin credential a request carries, or null. */
export async function authenticate(db: Db | Tx, headers: IncomingMessage["headers"]): Promise<Credential | null> {
  const token = tokenOf(headers);
  if (!token) return null;
  const credential = await findCredentialByHash(db, hashToken(token));
  return credential?.kind === "admin" ? credential : null;
}
