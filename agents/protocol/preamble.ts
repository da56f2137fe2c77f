// Owns the few plaintext bytes before TLS, by which one data port serves many processes: the agent reads them, hands the raw socket to the
// process named by the target, and that process answers with the go-ahead. Nothing secret and nothing trusted is in here: who may use a
// target is decided after the TLS handshake, by certificate.
//
//   offset  size
//   0       4     magic "CPL1"
//   4       1     version (1)
//   5       1     kind: 1 stage, 2 ingress, 3 probe, 4 artifacts
//   6       2     target length, little endian, ≤ 120
//   8       n     target, ASCII: `stage:<assignmentId>`, `ingress`, `probe` or `artifacts`
//
//   answer, 1 byte: 0x01 go ahead (TLS starts), anything else a refusal, see PREAMBLE_ANSWERS; the connection is closed after a refusal.

export const PREAMBLE_VERSION = 1;
export const PREAMBLE_HEADER_BYTES = 8;
export const MAX_TARGET_BYTES = 120;
/** A dialler that has not sent its preamble, or an acceptor that has not answered, by then is dropped. */
export const PREAMBLE_TIMEOUT_MS = 10_000;

export const PREAMBLE_KINDS = { stage: 1, ingress: 2, probe: 3, artifacts: 4 } as const;
export type PreambleKind = keyof typeof PREAMBLE_KINDS;
/** `unknown-target`: no such process here (yet): try again with back-off. `busy`: too many connections. */
export const PREAMBLE_ANSWERS = { "go-ahead": 0x01, "unknown-target": 0x02, "bad-version": 0x03, "bad-preamble": 0x04, busy: 0x05 } as const;
export type PreambleAnswer = keyof typeof PREAMBLE_ANSWERS;

export type Preamble = { kind: PreambleKind; target: string };

export function encodePreamble(preamble: Preamble): Uint8Array {
  const target = new TextEncoder().encode(preamble.target);
  if (target.length > MAX_TARGET_BYTES) throw new RangeError(`target of ${target.length} bytes, at most ${MAX_TARGET_BYTES}`);
  const bytes = new Uint8Array(PREAMBLE_HEADER_BYTES + target.length);
  bytes.set([0x43, 0x50, 0x4c, 0x31, PREAMBLE_VERSION, PREAMBLE_KINDS[preamble.kind], target.length, 0]);
  bytes.set(target, PREAMBLE_HEADER_BYTES);
  return bytes;
}

export type PreambleResult =
  | { state: "more" }
  | { state: "done"; preamble: Preamble; bytes: number }
  | { state: "refused"; answer: PreambleAnswer };

/** Reads a preamble from the start of what has arrived so far. Never throws. */
export function decodePreamble(bytes: Uint8Array): PreambleResult {
  const magic = [0x43, 0x50, 0x4c, 0x31];
  for (let i = 0; i < Math.min(4, bytes.length); i++) if (bytes[i] !== magic[i]) return { state: "refused", answer: "bad-preamble" };
  if (bytes.length >= 5 && bytes[4] !== PREAMBLE_VERSION) return { state: "refused", answer: "bad-version" };
  if (bytes.length < PREAMBLE_HEADER_BYTES) return { state: "more" };
  const kind = (Object.keys(PREAMBLE_KINDS) as PreambleKind[]).find((name) => PREAMBLE_KINDS[name] === bytes[5]);
  const length = bytes[6]! | (bytes[7]! << 8);
  if (!kind || length > MAX_TARGET_BYTES) return { state: "refused", answer: "bad-preamble" };
  if (bytes.length < PREAMBLE_HEADER_BYTES + length) return { state: "more" };
  const target = String.fromCharCode(...bytes.subarray(PREAMBLE_HEADER_BYTES, PREAMBLE_HEADER_BYTES + length));
  if (!/^[\x21-\x7e]*$/.test(target)) return { state: "refused", answer: "bad-preamble" };
  return { state: "done", preamble: { kind, target }, bytes: PREAMBLE_HEADER_BYTES + length };
}

/** The answer a byte stands for; null = not a byte of this protocol. */
export function preambleAnswer(byte: number): PreambleAnswer | null {
  return (Object.keys(PREAMBLE_ANSWERS) as PreambleAnswer[]).find((name) => PREAMBLE_ANSWERS[name] === byte) ?? null;
}
