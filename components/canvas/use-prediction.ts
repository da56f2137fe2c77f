// Owns the current predictions: of the draft, of what runs, and of the drop that hovers. Computed once per change and shared by all cards.
import type { Placement } from "../../server/planner/plan.ts";
import type { Problem } from "../../server/planner/problem.ts";
import type { Drag } from "./workbench-store.ts";
import { useWorkbench } from "./workbench-store.ts";
import { type WhatIf, whatIf, whatIfDropped } from "./what-if.ts";

export type Prediction = { draft: WhatIf | null; dropped: WhatIf | null };

/** One entry is enough: all cards of a page ask for the same one. */
export function lastOnly<A extends unknown[], R>(compute: (...args: A) => R): (...args: A) => R {
  let last: { args: A; result: R } | null = null;
  return (...args) => {
    if (last === null || last.args.some((arg, index) => arg !== args[index])) last = { args, result: compute(...args) };
    return last.result;
  };
}
const predictDraft = lastOnly((problem: Problem, placement: Placement) => (placement.length === 0 ? null : whatIf(problem, placement)));
const predictDrop = lastOnly((problem: Problem, placement: Placement, drag: Drag, nodeId: string) => whatIfDropped(problem, placement, drag.range, nodeId));

export function usePrediction(): Prediction {
  const problem = useWorkbench((state) => state.problem);
  const placement = useWorkbench((state) => state.history.present.placement);
  const drag = useWorkbench((state) => state.drag);
  const hoverNodeId = useWorkbench((state) => state.hoverNodeId);
  if (problem === null) return { draft: null, dropped: null };
  return { draft: predictDraft(problem, placement), dropped: drag !== null && hoverNodeId !== null ? predictDrop(problem, placement, drag, hoverNodeId) : null };
}
