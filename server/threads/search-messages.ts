// Owns the typed contract between the server and its search threads.
import type { Explanation } from "../planner/explain/explain-outcome.ts";
import type { Outcome, Progress, SearchRequest } from "../planner/search/solver.ts";

/** `cancel`: one Int32, not 0 = stop; a search is one long computation that hears no message. `explain`: the outcome to be explained instead of searched for. */
export type SearchJob = { id: number; request: SearchRequest; explain: Outcome | null; solver: string | null; budgetMs: number; seed: number; cancel: SharedArrayBuffer };
/** Solve something small of its own, so that the first search meets compiled code. */
export type WarmUp = { kind: "warm-up" };
export type SearchMessage =
  | { kind: "progress"; id: number; progress: Progress }
  | { kind: "outcome"; id: number; outcome: Outcome; solver: string }
  | { kind: "explained"; id: number; explanation: Explanation }
  | { kind: "failed"; id: number; message: string };
