// Owns what traces and a load say of a node's death: what was sent again and how soon, and when the service was well again. Pure.
import type { Served } from "./move-windows.ts";

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
/** Milliseconds from the death until a time from which on, for three seconds, all that was due was answered within `limitMs`; Infinity = never. */
export function backWithin(served: readonly Served[], killedMs: number, limitMs: number): number {
  const after = served.filter((one) => one.dueMs >= killedMs).sort((a, b) => a.dueMs - b.dueMs);
  const isGood = (one: Served) => one.outcome === "equal" && one.doneMs - one.dueMs <= limitMs;
  for (const { dueMs } of after) {
    const window = after.filter((one) => one.dueMs >= dueMs && one.dueMs < dueMs + STEADY_MS);
    if (window.every(isGood) && (after.at(-1)?.dueMs ?? 0) >= dueMs + STEADY_MS) return dueMs - killedMs;
  }
  return Number.POSITIVE_INFINITY;
}
