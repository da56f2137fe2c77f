const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH = 16;

/** A random id with its prefix: "tn_3k…". Works on plain HTTP too, where randomUUID does not exist. */
export function newId(prefix: "tn" | "lnk" | "zon"): string {
  return `${prefix}_${Array.from(crypto.getRandomValues(new Uint8Array(LENGTH)), (byte) => ALPHABET[byte % ALPHABET.length]).join("")}`;
}
