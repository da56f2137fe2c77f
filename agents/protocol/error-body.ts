// Owns the body of an ERROR frame: what went wrong in words and, towards a sender that reads them, how far the request had come. Drawn in README.md.
import { MAX_CONTROL_BODY_BYTES, readTrace, type StageTrace, traceBytes, writeTrace } from "./frame.ts";
import { WireError } from "./wire-error.ts";

/** A sentence; the rest of the body is for traces. */
const MAX_TEXT_BYTES = 1024;
/** Before the traces: a zero byte, which no text has, and their count. */
const TRACES_HEAD_BYTES = 3;

/** `traces` in order of their stages, the last one of where the error arose; null = the sender does not read them. The first ones are left out when all are too long. */
export function encodeErrorBody(text: string, traces: readonly StageTrace[] | null): Uint8Array {
  const words = new TextEncoder().encode(text.replaceAll("\0", " ")).subarray(0, MAX_TEXT_BYTES);
  if (traces === null || traces.length === 0) return words;
  let from = traces.length;
  let bytes = words.length + TRACES_HEAD_BYTES;
  while (from > 0 && bytes + traceBytes(traces[from - 1]!) <= MAX_CONTROL_BODY_BYTES) bytes += traceBytes(traces[--from]!);
  const body = new Uint8Array(bytes);
  body.set(words);
  const view = new DataView(body.buffer);
  view.setUint16(words.length + 1, traces.length - from, true);
  let at = words.length + TRACES_HEAD_BYTES;
  for (const trace of traces.slice(from)) at = writeTrace(view, body, at, trace);
  return body;
}

/** What cannot be read of the traces is left out: the error counts, and it comes from another machine. */
export function decodeErrorBody(body: Uint8Array): { text: string; traces: StageTrace[] } {
  const words = textOf(body);
  const traces: StageTrace[] = [];
  const text = new TextDecoder().decode(words);
  if (body.length < words.length + TRACES_HEAD_BYTES) return { text, traces };
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  let at = words.length + TRACES_HEAD_BYTES;
  try {
    for (let left = view.getUint16(words.length + 1, true); left > 0; left--) {
      const { trace, next } = readTrace(view, body, at);
      traces.push(trace);
      at = next;
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
  return { text, traces };
}

/** The words alone, for a sender that would take traces for a part of them. */
export function textOf(body: Uint8Array): Uint8Array {
  const end = body.indexOf(0);
  return end < 0 ? body : body.subarray(0, end);
}
