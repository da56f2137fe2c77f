// Owns ids that follow from what they name: the same parts always give the same id, without a table. Not for secrets: 100 bits, no adversary.
import type { SessionOptions } from "../../agents/protocol/control.ts";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** "asg_" + 20 characters of base 32 made from `parts`. */
export function stableId(prefix: string, ...parts: (string | number)[]): string {
  const text = parts.join("|");
  const digits = [mix(text, 0x9e3779b9), mix(text, 0x85ebca6b)].map((value) => toBase32(value, 10));
  return `${prefix}_${digits.join("")}`;
}

/** One stage process per deployment, segment, node and mode: a revision that keeps the segment there as it runs keeps the process. */
export function assignmentIdOf(deploymentId: string, { segmentId, nodeId, session }: { segmentId: string; nodeId: string; session?: SessionOptions }): string {
  const mode = session === undefined ? [] : [session.intraOpThreads, session.optimization, session.provider];
  return stableId("asg", deploymentId, segmentId, nodeId, ...mode);
}

/** A revision's way through one of its stages. */
export function laneIdOf(revisionId: string, stageIndex: number): string {
  return stableId("lan", revisionId, stageIndex);
}

/** 53 bits of `text` (cyrb53: two multiplicative hashes, mixed at the end). */
function mix(text: string, seed: number): number {
  let high = 0xdeadbeef ^ seed;
  let low = 0x41c6ce57 ^ seed;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}

/** `length` characters, least significant first; 11 would hold all 53 bits, the 10 used hold 50. */
function toBase32(value: number, length: number): string {
  let rest = value;
  let text = "";
  for (let index = 0; index < length; index++) {
    text += ALPHABET[rest % 32];
    rest = Math.floor(rest / 32);
  }
  return text;
}
