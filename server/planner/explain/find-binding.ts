// Owns which constraint keeps a plan from being better: each kind is lifted as a whole, and where that helps, one by one.
import type { Outcome, SearchRequest } from "../search/solver.ts";
import { applyChange, type Change } from "./change.ts";
import { constraintsOf } from "./constraints-of.ts";
import { type Gain, rankChanges, type Solve } from "./rank-changes.ts";

export type Binding = {
  kind: Change["kind"];
  /** What lifting all constraints of the kind saves, in the objective's unit and as a share of the plan's cost. */
  saved: number;
  share: number;
  /** Those that help alone, most first. Empty = only together. */
  each: Gain[];
};

/** Of one kind: a search for each. */
const MAX_OF_A_KIND = 8;

/** Most first; empty = nothing binds: only the model, the machines and the wires themselves do. */
export function findBinding(request: SearchRequest, outcome: Outcome, solve: Solve): Binding[] {
  return constraintsOf(request.instance)
    .flatMap((changes): Binding[] => {
      const [together] = rankChanges(changes.slice(0, -1).reduce(applyChange, request), outcome, changes.slice(-1), solve);
      if (!together) return [];
      const each = changes.length === 1 ? [together] : rankChanges(request, outcome, changes.slice(0, MAX_OF_A_KIND), solve);
      return [{ kind: together.change.kind, saved: together.saved, share: together.share, each }];
    })
    .sort((a, b) => b.saved - a.saved);
}
