// Owns making and revoking credentials. The secret is in the answer once; the database holds its hash.
import { AppError } from "../errors.ts";
import { type Credential, findCredential, findCredentialByName, insertCredential, listCredentials, revokeCredential as revokeRow } from "../store/credentials.ts";
import { makeToken } from "../trust/credentials.ts";
import { checkName } from "./check-name.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";

/** @throws AppError conflict when the name is taken. */
export async function createCredential(deps: Deps, input: { name: string; kind: Credential["kind"]; deploymentId: string | null }): Promise<{ credential: Credential; token: string }> {
  const name = checkName(input.name, "credential");
  if (await findCredentialByName(deps.db, name)) throw new AppError("conflict", `There is a credential “${name}” already.`, { place: "name", fix: "Choose another name, or revoke that one." });
  const { token, hash } = makeToken(input.kind === "admin" ? "cp" : "cpk");
  const credential = await insertCredential(deps.db, { name, hash, kind: input.kind, deploymentId: input.deploymentId, createdAt: new Date(deps.clock.now()) });
  if (input.deploymentId !== null) deps.wake("a key was made");
  return { credential, token };
}

/** @throws AppError not-found, conflict for the last admin token of a console that demands one. */
export async function revokeCredential(deps: Deps, id: string, options: { keepOneAdmin: boolean }): Promise<void> {
  const credential = await findOrThrow(findCredential(deps.db, id), "credential", id);
  const admins = credential.kind === "admin" ? await listCredentials(deps.db, { kind: "admin" }) : [];
  if (options.keepOneAdmin && admins.length === 1 && admins[0]?.id === id) throw new AppError("conflict", "This is the last token: nobody could enter any more.", { place: id, fix: "Make another one first." });
  await revokeRow(deps.db, id, new Date(deps.clock.now()));
  if (credential.deploymentId !== null) deps.wake("a key was revoked");
}
