const KEY_BYTES = 16;

/** The key of one confirmed action: however often it is sent, it is done once. Works on plain HTTP too, where randomUUID does not exist. */
export function oneKey(): string {
  return `console-${Array.from(crypto.getRandomValues(new Uint8Array(KEY_BYTES)), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
