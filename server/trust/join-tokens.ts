// Makes and reads join tokens: cpj_<secret>_<fingerprint of the authority>. Storing and spending them is the store's part; only the hash is kept.
import { createHash, randomBytes } from "node:crypto";

const PATTERN = /^cpj_([A-Za-z0-9-]{43,64})_([0-9a-f]{64})$/;

/** `token` is shown once; `hash` (sha-256 hex of the secret) is what is stored. */
export function makeJoinToken(authorityFingerprint: string): { token: string; hash: string } {
  // 256 bits; no underscore inside, it separates the parts.
  const secret = randomBytes(32).toString("base64url").replaceAll("_", "0");
  return { token: `cpj_${secret}_${authorityFingerprint}`, hash: hashOf(secret) };
}

/** Null for anything that is no join token, or one of another console. */
export function hashOfJoinToken(token: string, authorityFingerprint: string): string | null {
  const match = PATTERN.exec(token);
  return match?.[1] && match[2] === authorityFingerprint ? hashOf(match[1]) : null;
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
