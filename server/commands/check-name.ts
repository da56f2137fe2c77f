// Owns what a name of a model, a topology or a credential may be.
import { AppError } from "../errors.ts";

export const MAX_NAME_LENGTH = 120;

/** Trimmed. Control characters never reach a log or a terminal. @throws AppError bad-request */
export function checkName(name: string, what: string): string {
  const trimmed = name.trim();
  if (trimmed.length === 0) throw new AppError("bad-request", `The ${what} needs a name.`, { place: "name", fix: "Give one." });
  if (trimmed.length > MAX_NAME_LENGTH) throw new AppError("bad-request", `The name is longer than ${MAX_NAME_LENGTH} characters.`, { place: "name", fix: "Shorten it." });
  if (/\p{Cc}/u.test(trimmed)) throw new AppError("bad-request", "The name has control characters in it.", { place: "name", fix: "Leave them out." });
  return trimmed;
}
