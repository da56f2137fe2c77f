// Makes the row of a join token. The secret is the caller's to make and to show once.
import { AppError } from "../errors.ts";
import { newId } from "../ids.ts";
import { deleteUnusedJoinToken, insertJoinToken } from "../store/join-tokens.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

/** A token that lies about for longer is a key under the mat. */
export const MAX_JOIN_TOKEN_SECONDS = 7 * 24 * 3600;
export const DEFAULT_JOIN_TOKEN_SECONDS = 3600;

/** `hash`: sha-256 hex of the secret. `needsApproval`: who joins with it gets no work before somebody has approved it. @throws AppError bad-request */
export async function createJoinToken(deps: Deps, input: { hash: string; nodeName?: string; expiresInSeconds?: number; needsApproval?: boolean; actor: Actor }): Promise<{ id: string; expiresAt: Date }> {
  const seconds = input.expiresInSeconds ?? DEFAULT_JOIN_TOKEN_SECONDS;
  if (!Number.isFinite(seconds) || seconds < 1 || seconds > MAX_JOIN_TOKEN_SECONDS) {
    throw new AppError("bad-request", `A join token lives between 1 second and ${MAX_JOIN_TOKEN_SECONDS / 86_400} days.`, { place: "expiresInSeconds", fix: "Choose a time in between." });
  }
  const now = deps.clock.now();
  const expiresAt = new Date(now + seconds * 1000);
  const id = newId("jtk");
  const forWhom = input.nodeName ? ` for ${input.nodeName}` : "";
  await deps.publisher.transact(async (tx, append) => {
    await insertJoinToken(tx, { id, hash: input.hash, nodeName: input.nodeName ?? null, createdAt: new Date(now), createdBy: input.actor, expiresAt, needsApproval: input.needsApproval ?? false });
    await append({ name: "join-token.created", subjectId: id, actor: input.actor, message: `A join command${forWhom} was made.`, payload: { joinTokenId: id } });
  });
  return { id, expiresAt };
}

/** @throws AppError not-found */
export async function revokeJoinToken(deps: Deps, input: { id: string; actor: Actor }): Promise<void> {
  await deps.publisher.transact(async (tx, append) => {
    if (!(await deleteUnusedJoinToken(tx, input.id))) throw notFound("unused join token", input.id, "id");
    await append({ name: "join-token.revoked", subjectId: input.id, actor: input.actor, message: "An unused join command was revoked.", payload: { joinTokenId: input.id } });
  });
}
