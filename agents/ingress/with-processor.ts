// Owns a request's trace where a processor made its tensors: what that took lies before all that the trace says, and what making the answer took behind it.
import type { ProcessorTimes, RequestTrace } from "../protocol/control.ts";

/** Null: not of this request, or not yet known. */
export function withProcessor(trace: RequestTrace, pre: ProcessorTimes | null, post: ProcessorTimes | null): RequestTrace {
  if (!pre && !post) return trace;
  const beforeMs = msOf(pre);
  return {
    ...trace, startedAt: new Date(Date.parse(trace.startedAt) - beforeMs).toISOString(), totalMs: beforeMs + trace.totalMs + msOf(post),
    processor: { ...(pre ? { pre } : {}), ...(post ? { post } : {}) },
  };
}

const msOf = (times: ProcessorTimes | null): number => (times ? times.waitMs + times.tookMs : 0);
