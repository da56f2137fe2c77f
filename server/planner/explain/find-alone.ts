// Owns the comparison between one place alone and the best cut: an operator who sees no cut must be told why.
import type { Outcome, SearchRequest } from "../search/solver.ts";
import { applyChange } from "./change.ts";
import type { Solve } from "./rank-changes.ts";

export type Alone = {
  /** The whole model on one place; null = it fits nowhere, or none may run it. */
  alone: { place: number; cost: number } | null;
  /** The best plan of two stages or more; null = none. */
  cut: { cost: number } | null;
};

export function findAlone(request: SearchRequest, best: Outcome, solve: Solve): Alone {
  const { instance } = request;
  const single = best.stages?.length === 1;
  const alone = single ? best : solve(applyChange(applyChange(request, { kind: "min-stages", stages: 1 }), { kind: "max-stages", stages: 1 }));
  const cut = single ? solve(applyChange(applyChange(request, { kind: "max-stages", stages: Math.max(2, instance.limits.maxStages) }), { kind: "min-stages", stages: 2 })) : best;
  const only = alone.stages?.[0];
  return { alone: only ? { place: instance.processors[only.processor]!.place, cost: alone.cost } : null, cut: cut.stages ? { cost: cut.cost } : null };
}
