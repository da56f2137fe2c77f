// Owns what traces and a load say of a node's death: what was sent again and how soon, and when the service was well again. Pure.
import type { Served } from "./move-windows.ts";
import { quantile } from "./quantile.ts";
import type { Figure } from "./report.ts";

const RESEND_TARGET_MS = 50;
const BACK_TARGET = 1.25;

export type ToldTrace = { startedAt: string; ok: boolean; sendMs?: number; tries?: { endedMs: number }[] };
/** Milliseconds. `afterMs`: since the death; `pauseMs`: since its first attempt ended. */
export type Resent = { afterMs: number; pauseMs: number };

/** Requests that were under way when something died at `killedMs` and were answered by another attempt. Times are milliseconds of the epoch. */
export function resentOf(traces: readonly ToldTrace[], killedMs: number, untilMs: number): Resent[] {
  return traces.flatMap(({ startedAt, ok, sendMs, tries }): Resent[] => {
    const startedMs = Date.parse(startedAt);
    const brokeMs = tries?.[0]?.endedMs;
    if (!ok || sendMs === undefined || brokeMs === undefined || startedMs + brokeMs < killedMs || startedMs + brokeMs > untilMs) return [];
    // What came after the death was sent to a dead one first: its wait begins when it came.
    return [{ afterMs: startedMs + sendMs - Math.max(killedMs, startedMs), pauseMs: sendMs - brokeMs }];
  });
}

const STEADY_MS = 3_000;
/**
 * Milliseconds from the death until a time from which on, for three seconds, all that was due was answered within `limitMs`; Infinity = never. What was late and was answered
 * has waited for that time: it was well again when the last of those had its answer, not only when the next one happened to come.
 */
export function backWithin(served: readonly Served[], killedMs: number, limitMs: number): number {
  const after = served.filter((one) => one.dueMs >= killedMs).sort((a, b) => a.dueMs - b.dueMs);
  const isGood = (one: Served) => one.outcome === "equal" && one.doneMs - one.dueMs <= limitMs;
  for (const { dueMs } of after) {
    const window = after.filter((one) => one.dueMs >= dueMs && one.dueMs < dueMs + STEADY_MS);
    if (!window.every(isGood) || (after.at(-1)?.dueMs ?? 0) < dueMs + STEADY_MS) continue;
    const waited = after.filter((one) => one.dueMs < dueMs);
    const answeredMs = waited.length > 0 && waited.every((one) => one.outcome === "equal") ? Math.max(...waited.map((one) => one.doneMs)) : dueMs;
    return Math.min(dueMs, answeredMs) - killedMs;
  }
  return Number.POSITIVE_INFINITY;
}

/** `goneMs`: from the kill until the system had taken the processes down, which closes their connections. */
export type Death = { goneMs: number; resent: readonly Resent[] };

export function resentFigures(deaths: readonly Death[], times: number): Figure[] {
  const resent = deaths.flatMap((one) => one.resent);
  const [afterMs, pauseMs, goneMs] = [resent.map((one) => one.afterMs), resent.map((one) => one.pauseMs), deaths.map((one) => one.goneMs)];
  const spread = (list: readonly number[]) => `median ${quantile(list, 0.5).toFixed(1)} ms, p90 ${quantile(list, 0.9).toFixed(1)} ms, longest ${quantile(list, 1).toFixed(1)} ms`;
  const none = resent.length === 0 ? { withoutTargetBecause: "nothing was under way where a node died" } : null;
  return [
    { figure: "deaths with a warm replica", value: deaths.length, unit: "deaths", against: `${resent.length} requests were under way there`, target: { op: "==", than: times } },
    { figure: "sent again after the death, longest", value: quantile(afterMs, 1), unit: "ms", against: spread(afterMs), ...(none ?? { target: { op: "<=" as const, than: RESEND_TARGET_MS } }) },
    { figure: "of that, the system took the dead node's processes down", value: quantile(goneMs, 1), unit: "ms", against: spread(goneMs) },
    { figure: "of that, after the ingress had noticed", value: quantile(pauseMs, 1), unit: "ms", against: spread(pauseMs) },
  ];
}

/** Milliseconds since the death; null = it did not happen while it was waited for. `bytes`, `loadMs`: of the move. */
export type Loss = { killedMs: number; lostMs: number | null; decidedMs: number | null; bytes: number; loadMs: number };
type Back = { number: number; /** Infinity = never. */ backMs: number; /** After which a dead node is known to be lost at the soonest. */ limitMs: number; bytesPerSecond: number; sloFactor: number };

export function lossFigures({ lostMs, decidedMs, bytes, loadMs }: Loss, { number, backMs, limitMs, bytesPerSecond, sloFactor }: Back): Figure[] {
  const fetchMs = (bytes / bytesPerSecond) * 1000;
  const figure = `without a replica, death ${number}: back within ${sloFactor} times the healthy median`;
  const target = { op: "<=", than: BACK_TARGET } as const;
  if (lostMs === null || decidedMs === null) return [{ figure, value: backMs, unit: "ms", against: lostMs === null ? "it was not known to be lost" : `known to be lost after ${lostMs.toFixed(0)} ms, no move was made`, ratio: Number.POSITIVE_INFINITY, target }];
  return [{
    figure, value: backMs, unit: "ms", ratio: backMs / (limitMs + fetchMs + loadMs), target,
    against: `at least ${limitMs} ms of silence, ${bytes} bytes over the link ${fetchMs.toFixed(0)} ms, loading ${loadMs.toFixed(0)} ms; known to be lost after ${lostMs.toFixed(0)} ms, decided after ${decidedMs.toFixed(0)} ms`,
  }];
}
