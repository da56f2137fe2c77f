import { randomBytes } from "node:crypto";

export const ID_PREFIXES = ["mdl", "seg", "pro", "top", "nod", "lnk", "pln", "dep", "rev", "mig", "opn", "jtk", "crd", "req", "asg", "lan", "mea", "dec", "con", "run", "anl"] as const;
export type IdPrefix = (typeof ID_PREFIXES)[number];

/** "mdl_" + 20 characters of base 32, 100 random bits. */
export function newId(prefix: IdPrefix): string {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  return `${prefix}_${Array.from(randomBytes(20), (byte) => alphabet[byte & 31]).join("")}`;
}
