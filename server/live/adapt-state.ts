// Owns what the adaptation loop keeps of each deployment between its looks, in memory: after a restart it is learnt anew.
import type { Placement, Plan } from "../planner/plan.ts";
import type { PlanRequest } from "../planner/plan-request.ts";
import type { Problem } from "../planner/problem.ts";
import type { Burn } from "../policy/adapt/slo-burn.ts";
import { type ControllerMemory, type Decision, NEW_CONTROLLER } from "../policy/adapt/controller.ts";
import { shiftTimes } from "../policy/adapt/shift-times.ts";
import type { Db } from "../store/db.ts";

/** Read when the revision or the fleet changes, and each half minute. */
export type WatchedPlan = {
  revisionId: string; revisionNumber: number; epoch: number;
  plan: Plan;
  /** Of each replica that a person placed last; `leastReplicas`: as many as he asked for. */
  homes: Placement[]; leastReplicas: number;
  /** Of all of them. */
  request: PlanRequest;
  problem: Problem;
  /** sha-256 hex of drawing and live figures behind the problem. */
  inputsHash: string;
  /** Of times and ways that stay as they were when watching began, so that drift has something to be measured against. */
  basis: string;
  readAtMs: number;
  /** Drawn node → enrolled node. */
  nodeIds: Map<string, string>;
};
/** `atMs`: since when this console acts on it. `isTimed`: how long it took is learnt already. `cutover`: of the last of its moves that came to it. */
export type Acted = { atMs: number; isTimed: boolean; cutover?: { migrationId: string; atMs: number } | null };
export type AdaptState = {
  controller: ControllerMemory;
  decision: Decision | null;
  /** As it was looked at last; null = it has no SLO. */
  burn: Burn | null;
  watched: WatchedPlan | null;
  /** Reports already taken in, by node and link. */
  taken: Map<string, number>;
  /** Of the last record, so that only a change of mind is written. */
  told: { verdict: string; atMs: number; /** Nodes that were lost then. */ lost: string; /** What it would have done. */ target: string } | null;
  moves: number[];
  /** Decisions in a row that could not be done, and when the next one may be tried; 0 = none. */
  failures: number;
  retryAtMs: number;
  /** When the last one had been acted on: a picture of before does not show its move. */
  actedAtMs: number;
  /** Nodes that were lost when the last one was tried. */
  triedWith: string;
  moveOverheadSeconds: number;
  /** The decision that had more requests run together last, until what that gained is known. */
  batch: { decisionId: string; maxSize: number; atMs: number } | null;
  /** By decision, until what became of it is known. */
  acted: Map<string, Acted>;
};

/** Cutting, comparing, verifying, until moves of this deployment have told their own. */
const FIRST_OVERHEAD_SECONDS = 3.5;
const states = new WeakMap<Db, Map<string, AdaptState>>();

export function adaptStates(db: Db): Map<string, AdaptState> {
  const known = states.get(db) ?? new Map<string, AdaptState>();
  states.set(db, known);
  return known;
}

export function adaptState(db: Db, deploymentId: string): AdaptState {
  const all = adaptStates(db);
  const known = all.get(deploymentId) ?? { controller: NEW_CONTROLLER, decision: null, burn: null, watched: null, taken: new Map(), told: null, moves: [], failures: 0, retryAtMs: 0, actedAtMs: 0, triedWith: "", moveOverheadSeconds: FIRST_OVERHEAD_SECONDS, batch: null, acted: new Map() };
  all.set(deploymentId, known);
  return known;
}

/** Moves all that is counted from along with the clock, which reads later by so much. What was learnt, cool-downs and waits go on as they were. Protected windows are times of day: of the clock as it is now. */
export function shiftAdaptTimes(db: Db, byMs: number): void {
  const later = (atMs: number) => (atMs > 0 ? atMs + byMs : atMs);
  for (const state of adaptStates(db).values()) {
    const { controller, moves, retryAtMs, actedAtMs, watched, told, batch, acted } = state;
    Object.assign(state, {
      controller: shiftTimes(controller, byMs), moves: moves.map(later), retryAtMs: later(retryAtMs), actedAtMs: later(actedAtMs),
      watched: watched && { ...watched, readAtMs: later(watched.readAtMs) }, told: told && { ...told, atMs: later(told.atMs) }, batch: batch && { ...batch, atMs: later(batch.atMs) },
      acted: new Map([...acted].map(([id, one]) => [id, shiftTimes(one, byMs)] as const)),
    } satisfies Partial<AdaptState>);
  }
}
