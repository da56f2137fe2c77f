// Owns the comparison of changes: each is solved for again, and the gains are ranked.
import type { Outcome, SearchRequest } from "../search/solver.ts";
import { applyChange, type Change } from "./change.ts";

/** Solves a request as the plan that is explained was solved, within whatever time the caller gives it. */
export type Solve = (request: SearchRequest) => Outcome;

export type Gain = {
  change: Change;
  /** Cost of the best plan found with the change; what it saves; and the saving as a share of the cost before. */
  cost: number;
  saved: number;
  share: number;
  /** True: no plan with the change costs less. */
  proved: boolean;
  outcome: Outcome;
};

/** Below it two costs are the same. */
const LEAST_SHARE = 1e-6;

/** Those that help, most first. `outcome` is the plan without any change; its stages start each search, as every plan stays one when something is lifted or added. */
export function rankChanges(request: SearchRequest, outcome: Pick<Outcome, "cost" | "stages">, changes: readonly Change[], solve: Solve): Gain[] {
  const seeds = [...(request.seeds ?? []), ...(outcome.stages ? [outcome.stages] : [])];
  return changes
    .map((change): Gain => {
      const found = solve({ ...applyChange(request, change), seeds });
      const saved = outcome.cost - found.cost;
      return { change, cost: found.cost, saved, share: saved / Math.max(Math.abs(outcome.cost), Number.MIN_VALUE), proved: found.proved, outcome: found };
    })
    .filter(({ share }) => share > LEAST_SHARE)
    .sort((a, b) => b.saved - a.saved);
}
