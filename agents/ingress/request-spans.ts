// Owns what a finished request is as OpenTelemetry spans (OTLP 1.x in its JSON form): one of the request, one a hop, one a segment; where a processor made its tensors and its answer, one each. Pure but for new ids.
//
// Durations are measured, each on one machine's clock. No two clocks are compared: children begin one after the other from when the request came, as the
// console's own waterfall lays them out. A hop's latency is half of the connection's shortest round trip, and says so.
import type { ProcessorTimes, RequestTrace } from "../protocol/control.ts";
import { newSpanId, type TraceContext } from "./trace-context.ts";

export type Attribute = { key: string; value: { stringValue: string } | { doubleValue: number } | { intValue: string } };
/** Ids in hex, times in nanoseconds since 1970 as decimal text, as OTLP's JSON wants them. */
export type OtlpSpan = {
  traceId: string; spanId: string; parentSpanId: string; traceState: string; name: string; kind: 1 | 2; startTimeUnixNano: string; endTimeUnixNano: string;
  attributes: Attribute[]; status: { code: 0 | 2; message?: string };
};
export type RequestAbout = { modelName: string; deploymentId: string; version: string; ingressNodeId: string; /** Milliseconds since 1970, fractional. */ startedAtMs: number; totalMs: number; /** Of it, before it went to the dispatcher: for a batch. */ waitedMs: number };

const INTERNAL = 1;
const SERVER = 2;

export function requestSpans(trace: RequestTrace, context: TraceContext, about: RequestAbout): OtlpSpan[] {
  const span = (name: string, startMs: number, durationMs: number, attributes: Record<string, string | number>): OtlpSpan => ({
    traceId: context.traceId, spanId: newSpanId(), parentSpanId: context.spanId, traceState: context.state ?? "", name, kind: INTERNAL,
    startTimeUnixNano: nanos(startMs), endTimeUnixNano: nanos(startMs + durationMs), attributes: attributesOf(attributes), status: { code: 0 },
  });
  const root: OtlpSpan = {
    ...span(`infer ${about.modelName}`, about.startedAtMs, about.totalMs, {
      "cutplane.request.id": trace.requestId, "cutplane.model": about.modelName, "cutplane.deployment": about.deploymentId, "cutplane.version": about.version, "cutplane.node": about.ingressNodeId,
      "cutplane.attempts": trace.attempts ?? 0, ...(trace.errorCode === null ? {} : { "error.type": trace.errorCode }),
    }),
    spanId: context.spanId, parentSpanId: context.parentSpanId ?? "", kind: SERVER, status: trace.ok ? { code: 0 } : { code: 2, message: trace.errorMessage ?? trace.errorCode ?? "failed" },
  };
  const spans = [root];
  let atMs = about.startedAtMs;
  const next = (name: string, durationMs: number, attributes: Record<string, string | number>) => {
    spans.push(span(name, atMs, durationMs, attributes));
    atMs += durationMs;
  };
  const hop = (from: string, to: string, bytes: number, times: { receiveMs: number; roundTripMs: number | null }) => next(`hop ${from} to ${to}`, times.receiveMs + (times.roundTripMs ?? 0) / 2, {
    "cutplane.from": from, "cutplane.to": to, "cutplane.bytes": bytes, "cutplane.transfer_ms": times.receiveMs, ...(times.roundTripMs === null ? {} : { "cutplane.latency_derived_ms": times.roundTripMs / 2 }),
  });
  const process = (name: string, times: ProcessorTimes | undefined) => {
    if (times) next(name, times.waitMs + times.tookMs, { "cutplane.node": about.ingressNodeId, "cutplane.queue_ms": times.waitMs, "cutplane.compute_ms": times.tookMs });
  };
  process("preprocess", trace.processor?.pre);
  if (trace.sendMs !== undefined) next("wait at the ingress", about.waitedMs + trace.sendMs, { "cutplane.node": about.ingressNodeId });
  let from = about.ingressNodeId;
  for (const { stageIndex, nodeId, queueMs, computeMs, receivedBytes, times } of trace.stages) {
    if (times) hop(from, nodeId, receivedBytes, times);
    next(`segment ${stageIndex}`, times?.holdMs || queueMs + computeMs, { "cutplane.node": nodeId, "cutplane.stage": stageIndex, "cutplane.queue_ms": queueMs, "cutplane.compute_ms": computeMs });
    from = nodeId;
  }
  if (trace.answer) hop(from, about.ingressNodeId, trace.answer.bytes, trace.answer);
  process("postprocess", trace.processor?.post);
  return spans;
}

/** A double alone would round to some hundred nanoseconds. */
function nanos(ms: number): string {
  const whole = Math.floor(ms);
  return (BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6))).toString();
}

export const attributesOf = (values: Record<string, string | number>): Attribute[] => Object.entries(values).map(([key, value]) => ({
  key, value: typeof value === "string" ? { stringValue: value } : Number.isInteger(value) && !key.endsWith("_ms") ? { intValue: String(value) } : { doubleValue: value },
}));
