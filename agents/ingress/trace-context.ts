// Owns reading W3C Trace Context (w3.org/TR/trace-context, level 1 with forward compatibility): who asks tells which trace its request belongs to.
import { randomBytes } from "node:crypto";

/** What came with a request. `state`: tracestate as it came, within its limits. */
export type GivenTrace = { traceId: string; parentSpanId: string; sampled: boolean; state: string | null };
/** Of one request here: hex ids; `parentSpanId` null = the trace begins here. */
export type TraceContext = { traceId: string; spanId: string; parentSpanId: string | null; sampled: boolean; state: string | null };

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** Section 3.3.1.5: what must be passed on at least. */
const MAX_STATE_CHARS = 512;
const MAX_STATE_MEMBERS = 32;
const MEMBER = /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,256}$/;
const SAMPLED = 1;

/** Null of what is none: the trace then begins anew, and `tracestate` is nobody's. */
export function readTraceContext(traceparent: string | undefined, tracestate: string | undefined): GivenTrace | null {
  if (traceparent === undefined) return null;
  const [, version, traceId, parentSpanId, flags, rest] = TRACEPARENT.exec(traceparent.trim()) ?? [];
  // Version 00 has nothing behind its flags; later ones may.
  if (!traceId || !parentSpanId || version === "ff" || (version === "00" && rest !== undefined)) return null;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentSpanId)) return null;
  return { traceId, parentSpanId, sampled: (Number.parseInt(flags!, 16) & SAMPLED) !== 0, state: readState(tracestate) };
}

/** Members from the left as far as the limits go; null when one is malformed. */
function readState(tracestate: string | undefined): string | null {
  const members = (tracestate ?? "").split(",").map((member) => member.trim()).filter((member) => member !== "");
  if (members.length === 0 || members.length > MAX_STATE_MEMBERS || !members.every((member) => MEMBER.test(member))) return null;
  const kept: string[] = [];
  for (const member of members) {
    if (kept.join(",").length + member.length + 1 > MAX_STATE_CHARS) break;
    kept.push(member);
  }
  return kept.join(",");
}

export const newSpanId = (): string => randomBytes(8).toString("hex");

/** Continues what came; begins a trace for `ratio` of the requests that bring none, and none for the others. */
export function beginTrace(given: GivenTrace | null, ratio: number, random: () => number): TraceContext | null {
  if (given) return { traceId: given.traceId, spanId: newSpanId(), parentSpanId: given.parentSpanId, sampled: given.sampled, state: given.state };
  if (!(ratio > 0) || random() >= ratio) return null;
  return { traceId: randomBytes(16).toString("hex"), spanId: newSpanId(), parentSpanId: null, sampled: true, state: null };
}
