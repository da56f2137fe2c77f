// Owns where the parts of a finished request lie on one axis: its processor where it has one, the wait at the ingress, each hop, each stage, the way back, its processor again. Pure.
//
// No two machines' clocks are compared. Every measured part is a difference on one clock; a hop's latency is derived (half of the connection's
// shortest ping), and the parts are laid one after the other from the moment the ingress accepted the request. What they leave of the ingress's
// own total is shown as what it is: not attributed.
import type { ProcessorTimes, RequestTrace } from "../../agents/protocol/control.ts";

export type PartKind = "send" | "latency" | "transfer" | "wait" | "compute" | "hand-on" | "way" | "rest";
export type WaterfallPart = { kind: PartKind; startMs: number; durationMs: number; /** Not a difference of two readings of one clock. */ derived: boolean };
export type WaterfallRow =
  | { kind: "ingress"; nodeId: string; parts: WaterfallPart[] }
  | { kind: "processor"; when: "before" | "after"; parts: WaterfallPart[] }
  | { kind: "hop"; fromNodeId: string; toNodeId: string; bytes: number; parts: WaterfallPart[] }
  | { kind: "stage"; nodeId: string; stageIndex: number; /** The request came no further. */ isLast: boolean; parts: WaterfallPart[] }
  | { kind: "rest"; parts: WaterfallPart[] };
export type Waterfall = {
  /** Of the axis: the ingress's total, or more where a stage went on after the ingress had given up. */
  totalMs: number;
  /** When the ingress gave up, where the parts go on after it. */
  gaveUpMs: number | null;
  rows: WaterfallRow[];
  /** false = an agent on the way tells no times of hops: what is left for the way is shared out evenly. */
  timed: boolean;
  /** Derived latencies came out longer than what was left for them and were shortened to fit. */
  shortened: boolean;
};
type Piece = { kind: PartKind; durationMs: number; derived?: boolean };
type Draft = { row: Omit<Extract<WaterfallRow, { kind: "ingress" }>, "parts"> | Omit<Extract<WaterfallRow, { kind: "processor" }>, "parts"> | Omit<Extract<WaterfallRow, { kind: "hop" }>, "parts"> | Omit<Extract<WaterfallRow, { kind: "stage" }>, "parts"> | { kind: "rest" }; pieces: Piece[] };

/** Null when there is nothing to lay out: a request that failed before it left the ingress. */
export function requestWaterfall(trace: RequestTrace, ingressNodeId: string): Waterfall | null {
  if (trace.stages.length === 0 && (trace.ok || trace.sendMs === undefined)) return null;
  const timed = (trace.answer !== undefined || !trace.ok) && trace.sendMs !== undefined && trace.stages.every((stage) => stage.times !== undefined);
  return timed ? timedWaterfall(trace, ingressNodeId) : sharedWaterfall(trace, ingressNodeId);
}

/** Where a failed request came to its end, in words; null where no stage has told of it. */
export function cameTo(trace: Pick<RequestTrace, "ok" | "errorCode" | "stages" | "answer">): { stageIndex: number; nodeId: string; how: "failed" | "given-up" | "late" } | null {
  const last = trace.stages.at(-1);
  if (trace.ok || !last) return null;
  const gaveUp = trace.errorCode === "deadline" || trace.errorCode === "cancelled";
  return { stageIndex: last.stageIndex, nodeId: last.nodeId, how: trace.answer ? "late" : gaveUp ? "given-up" : "failed" };
}

/** Stages of the plan that a failed request did not come to, by index; none where no stage has told of it, or where it passed them all. */
export function notReached(trace: Pick<RequestTrace, "ok" | "errorCode" | "stages" | "answer" | "sendMs">, stageCount: number): number[] {
  const end = cameTo(trace);
  if (trace.ok || end?.how === "late" || (end === null && trace.sendMs !== undefined)) return [];
  const first = end === null ? 0 : end.stageIndex + 1;
  return Array.from({ length: Math.max(0, stageCount - first) }, (_, index) => first + index);
}

function timedWaterfall(trace: RequestTrace, ingressNodeId: string): Waterfall {
  const drafts: Draft[] = [...processed("before", trace.processor?.pre), { row: { kind: "ingress", nodeId: ingressNodeId }, pieces: [{ kind: "send", durationMs: trace.sendMs ?? 0 }] }];
  const hop = (fromNodeId: string, toNodeId: string, bytes: number, times: { roundTripMs: number | null; receiveMs: number }): Draft => ({
    row: { kind: "hop", fromNodeId, toNodeId, bytes },
    pieces: [{ kind: "latency", durationMs: (times.roundTripMs ?? 0) / 2, derived: true }, { kind: "transfer", durationMs: times.receiveMs }],
  });
  let from = ingressNodeId;
  for (const { nodeId, stageIndex, queueMs, computeMs, receivedBytes, times } of trace.stages) {
    if (!times) continue;
    drafts.push(hop(from, nodeId, receivedBytes, times));
    drafts.push({ row: { kind: "stage", nodeId, stageIndex, isLast: isLast(trace, stageIndex) }, pieces: [{ kind: "wait", durationMs: queueMs }, { kind: "compute", durationMs: computeMs }, { kind: "hand-on", durationMs: Math.max(0, times.holdMs - queueMs - computeMs) }] });
    from = nodeId;
  }
  if (trace.answer) drafts.push(hop(from, ingressNodeId, trace.answer.bytes, trace.answer));
  drafts.push(...processed("after", trace.processor?.post));
  const sum = (derived: boolean) => drafts.flatMap(({ pieces }) => pieces).reduce((total, piece) => total + ((piece.derived ?? false) === derived ? piece.durationMs : 0), 0);
  const [measuredMs, derivedMs] = [sum(false), sum(true)];
  // A stage that was given up goes on with its run: then the ingress's total bounds nothing.
  const wentOn = !trace.ok && measuredMs > trace.totalMs;
  const totalMs = wentOn ? measuredMs + derivedMs : trace.totalMs;
  const roomMs = Math.max(0, totalMs - measuredMs);
  const fits = derivedMs <= roomMs + 1e-9;
  if (!fits) for (const { pieces } of drafts) for (const piece of pieces) if (piece.derived) piece.durationMs *= roomMs / derivedMs;
  drafts.push({ row: { kind: "rest" }, pieces: [{ kind: "rest", durationMs: Math.max(0, roomMs - derivedMs), derived: true }] });
  return { totalMs, gaveUpMs: wentOn ? trace.totalMs : null, rows: layOut(drafts), timed: true, shortened: !fits };
}

function sharedWaterfall(trace: RequestTrace, ingressNodeId: string): Waterfall {
  const around = [...processed("before", trace.processor?.pre), ...processed("after", trace.processor?.post)];
  const aroundMs = around.flatMap(({ pieces }) => pieces).reduce((sum, piece) => sum + piece.durationMs, 0);
  const insideMs = trace.stages.reduce((sum, stage) => sum + stage.queueMs + stage.computeMs, aroundMs);
  const hopMs = Math.max(0, trace.totalMs - insideMs) / (trace.stages.length + 1);
  const way: Piece = { kind: "way", durationMs: hopMs, derived: true };
  const drafts = processed("before", trace.processor?.pre);
  let from = ingressNodeId;
  for (const { nodeId, stageIndex, queueMs, computeMs, receivedBytes } of trace.stages) {
    drafts.push({ row: { kind: "hop", fromNodeId: from, toNodeId: nodeId, bytes: receivedBytes }, pieces: [way] });
    drafts.push({ row: { kind: "stage", nodeId, stageIndex, isLast: isLast(trace, stageIndex) }, pieces: [{ kind: "wait", durationMs: queueMs }, { kind: "compute", durationMs: computeMs }] });
    from = nodeId;
  }
  drafts.push({ row: { kind: "hop", fromNodeId: from, toNodeId: ingressNodeId, bytes: trace.answer?.bytes ?? 0 }, pieces: [way] }, ...processed("after", trace.processor?.post));
  return { totalMs: trace.totalMs, gaveUpMs: null, rows: layOut(drafts), timed: false, shortened: false };
}

/** One row, or none where it has not, or not yet, been there. */
function processed(when: "before" | "after", times: ProcessorTimes | undefined): Draft[] {
  return times ? [{ row: { kind: "processor", when }, pieces: [{ kind: "wait", durationMs: times.waitMs }, { kind: "compute", durationMs: times.tookMs }] }] : [];
}

const isLast = (trace: RequestTrace, stageIndex: number): boolean => !trace.ok && trace.answer === undefined && trace.stages.at(-1)?.stageIndex === stageIndex;

/** One after the other from 0. */
function layOut(drafts: readonly Draft[]): WaterfallRow[] {
  let atMs = 0;
  return drafts.map(({ row, pieces }) => {
    const parts = pieces.map(({ kind, durationMs, derived = false }) => {
      const part = { kind, startMs: atMs, durationMs, derived };
      atMs += durationMs;
      return part;
    });
    return { ...row, parts };
  });
}

/** Milliseconds of a row. */
export const rowMs = (row: WaterfallRow): number => row.parts.reduce((sum, part) => sum + part.durationMs, 0);
