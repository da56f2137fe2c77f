// Owns making and revoking credentials, and the record of who did. The secret is in the answer once; the database holds its hash.
import type { KeyLimits } from "../../agents/protocol/control.ts";
import { AppError } from "../errors.ts";
import type { KeyQuotaWanted } from "../policy/share-quota.ts";
import { type Credential, findCredential, findCredentialByName, insertCredential, listCredentials, revokeCredential as revokeRow } from "../store/credentials.ts";
import { lockDeployment } from "../store/deployments.ts";
import { makeToken } from "../trust/credentials.ts";
import { checkName } from "./check-name.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { checkQuota, demandRoomForOwn, isOwn, keyInWords } from "./set-key.ts";

export type CredentialInput = { name: string; kind: Credential["kind"]; deploymentId: string | null; /** Of an ingress key; absent = the deployment's. */ limits?: KeyLimits | null; quota?: KeyQuotaWanted | null; mayLoad?: boolean; actor: Actor };

/** @throws AppError conflict when the name is taken. */
export async function createCredential(deps: Deps, input: CredentialInput): Promise<{ credential: Credential; token: string }> {
  const name = checkName(input.name, "credential");
  const { token, hash } = makeToken(input.kind === "admin" ? "cp" : "cpk");
  const credential = await deps.publisher.transact(async (tx, append) => {
    if (await findCredentialByName(tx, name)) throw new AppError("conflict", `There is a credential “${name}” already.`, { place: "name", fix: "Choose another name, or revoke that one." });
    const own = { limits: input.limits ?? null, quota: checkQuota(input.quota ?? null), mayLoad: input.kind === "inference" && input.mayLoad === true };
    if (isOwn(own) && input.deploymentId !== null) {
      await lockDeployment(tx, input.deploymentId);
      await demandRoomForOwn(tx, input.deploymentId);
    }
    const made = await insertCredential(tx, { name, hash, kind: input.kind, deploymentId: input.deploymentId, ...own, createdAt: new Date(deps.clock.now()) });
    await append({ name: "credential.created", subjectId: made.id, actor: input.actor, message: `The ${wordOf(made)} “${name}” was made${isOwn(own) || own.mayLoad ? `: it ${keyInWords(made)}` : ""}.`, payload: { credentialId: made.id, kind: made.kind, deploymentId: made.deploymentId } });
    return made;
  });
  if (input.deploymentId !== null) deps.wake("a key was made");
  return { credential, token };
}

/** @throws AppError not-found, conflict for the last admin token of a console that demands one. */
export async function revokeCredential(deps: Deps, id: string, options: { keepOneAdmin: boolean; actor: Actor }): Promise<void> {
  const credential = await findOrThrow(findCredential(deps.db, id), "credential", id);
  if (credential.revokedAt !== null) return;
  const admins = credential.kind === "admin" ? await listCredentials(deps.db, { kind: "admin" }) : [];
  if (options.keepOneAdmin && admins.length === 1 && admins[0]?.id === id) throw new AppError("conflict", "This is the last credential that may do everything: nobody could enter any more.", { place: id, fix: "Make another one first." });
  await deps.publisher.transact(async (tx, append) => {
    if (!(await revokeRow(tx, id, new Date(deps.clock.now())))) return;
    await append({ name: "credential.revoked", subjectId: id, actor: options.actor, message: `The ${wordOf(credential)} “${credential.name}” was revoked.`, payload: { credentialId: id, kind: credential.kind, deploymentId: credential.deploymentId } });
  });
  if (credential.deploymentId !== null) deps.wake("a key was revoked");
}

const wordOf = (credential: Pick<Credential, "kind">): string => (credential.kind === "admin" ? "credential" : "ingress key");
