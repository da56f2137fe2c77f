// Owns what served at a moment of the past: read from what migrations decided and when the deployment was stopped and resumed. Pure.
import type { MigrationState } from "./snapshot.ts";

/** One migration, with when it took which step; `toState` is the state the step led to. */
export type PastMove = { migrationId: string; fromRevisionId: string | null; toRevisionId: string; startedMs: number; finishedMs: number | null; steps: readonly { atMs: number; toState: string; reason: string }[] };
/** A stop refuses requests from then on, a resume takes that back. */
export type PastStop = { atMs: number; kind: "stopped" | "resumed" };
export type Turn = { atMs: number; revisionId: string | null; why: "cutover" | "turned back" | "stopped" | "resumed" };
export type MoveThen = { migrationId: string; toRevisionId: string; state: MigrationState; reason: string };

/** Each change of what requests went to, oldest first. */
export function turnsOf(moves: readonly PastMove[], stops: readonly PastStop[]): Turn[] {
  const turns: Turn[] = [];
  for (const move of moves) {
    const cutover = move.steps.find((step) => step.toState === "cutover");
    if (!cutover) continue;
    turns.push({ atMs: cutover.atMs, revisionId: move.toRevisionId, why: "cutover" });
    // Before its cutover a move that turns back changes nothing.
    const back = move.steps.find((step) => (step.toState === "rolling-back" || step.toState === "restore") && step.atMs >= cutover.atMs);
    if (back) turns.push({ atMs: back.atMs, revisionId: move.fromRevisionId, why: "turned back" });
  }
  turns.push(...stops.map(({ atMs, kind }): Turn => ({ atMs, revisionId: null, why: kind })));
  turns.sort((a, b) => a.atMs - b.atMs);
  let last: string | null = null;
  for (const turn of turns) {
    if (turn.why === "resumed") turn.revisionId = last;
    else if (turn.why !== "stopped") last = turn.revisionId;
  }
  return turns;
}

/** Null = nothing served then. */
export function servedAt(turns: readonly Turn[], atMs: number): Turn | null {
  return turns.findLast((turn) => turn.atMs <= atMs) ?? null;
}

/** The move that was under way, and the step it was in. */
export function moveAt(moves: readonly PastMove[], atMs: number): MoveThen | null {
  const move = moves.find((one) => one.startedMs <= atMs && (one.finishedMs === null || one.finishedMs > atMs));
  if (!move) return null;
  const step = move.steps.findLast((one) => one.atMs <= atMs);
  return { migrationId: move.migrationId, toRevisionId: move.toRevisionId, state: (step?.toState ?? "prepare") as MigrationState, reason: step?.reason ?? "It has begun." };
}
