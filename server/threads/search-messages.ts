// Owns the typed contract between the server and its search threads.
import type { Explanation } from "../planner/explain/explain-outcome.ts";
import type { FrontPlan, Quantity } from "../planner/search/pareto-front.ts";
import type { Outcome, Progress, SearchRequest } from "../planner/search/solver.ts";

/** `cancel`: one Int32, not 0 = stop; a search is one long computation that hears no message. What it is to do: search, explain an outcome, or find the plans to choose from. */
export type SearchJob = { id: number; request: SearchRequest; task: SearchTask; solver: string | null; budgetMs: number; seed: number; cancel: SharedArrayBuffer };
export type SearchTask = { kind: "search" } | { kind: "explain"; outcome: Outcome } | { kind: "front"; quantities: readonly Quantity[] };
/** Solve something small of its own, so that the first search meets compiled code. */
export type WarmUp = { kind: "warm-up" };
export type SearchMessage =
  | { kind: "progress"; id: number; progress: Progress }
  | { kind: "outcome"; id: number; outcome: Outcome; solver: string }
  | { kind: "explained"; id: number; explanation: Explanation }
  /** Each time that a plan joins; the last time as what was found. */
  | { kind: "front-grows" | "front"; id: number; plans: readonly FrontPlan[] }
  | { kind: "failed"; id: number; message: string };
