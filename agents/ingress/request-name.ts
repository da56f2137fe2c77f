// Owns the name by which a client asks for the same request again, when it gives one: the header `idempotency-key` (over gRPC, metadata of that name), or
// the protocol's own id with the parameter `idempotent`. An id alone does not count: tools that measure reuse ids, and an answer that was kept would
// pass for a fast one (docs/decisions/0012). And the name by which its steps of one sequence are known.
import { createHash } from "node:crypto";
import type { Access } from "./find-model.ts";
import { BadRequest } from "./oip.ts";

/** As the header's draft suggests (draft-ietf-httpapi-idempotency-key-header); a longer one is a mistake. */
const MAX_NAME_CHARS = 255;

/** Of a client's own sequence: apart from those of other keys' clients, who may have chosen the same id. What comes before the first colon is no part of what the client chose. */
export const sequenceName = (id: string, { authorization }: Access): string => `${authorization === undefined ? "" : createHash("sha256").update(authorization).digest("hex")}:${id}`;

/** null = it gives none. Names of one key's clients are apart from those of another's. Throws BadRequest. */
export function requestName(header: string | undefined, id: string | null, idempotent: boolean, { authorization = "" }: Access): string | null {
  if (header === undefined && !idempotent) return null;
  const name = header ?? id ?? "";
  if (name === "") throw new BadRequest(header === undefined ? '"idempotent" needs an "id", by which the request is known when it comes again' : "the header idempotency-key is empty");
  if (name.length > MAX_NAME_CHARS) throw new BadRequest(`a request's ${header === undefined ? "id" : "idempotency-key"} may have ${MAX_NAME_CHARS} characters, this one has ${name.length}`);
  return JSON.stringify([authorization, name]);
}
