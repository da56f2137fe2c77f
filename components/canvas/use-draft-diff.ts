// Owns what the draft would change against what runs. Computed once per change and shared by all cards.
import { diffPlacements } from "../../server/planner/diff-placements.ts";
import type { Placement, PlanDiff } from "../../server/planner/plan.ts";
import type { Problem } from "../../server/planner/problem.ts";
import { samePlacement } from "./placement-edit.ts";
import { type NodeChange, nodeChanges } from "./plan-changes.ts";
import { useWorkbench } from "./workbench-store.ts";

export type DraftDiff = { diff: PlanDiff; nodes: Map<string, NodeChange> };

let last: { problem: Problem; running: Placement; placement: Placement; result: DraftDiff } | null = null;

/** Null while nothing runs, nothing is placed, or the draft is what runs. */
export function useDraftDiff(): DraftDiff | null {
  const problem = useWorkbench((state) => state.problem);
  const running = useWorkbench((state) => state.running);
  const placement = useWorkbench((state) => state.history.present.placement);
  if (problem === null || running === null || placement.length === 0 || samePlacement(running, placement)) return null;
  if (last?.problem !== problem || last.running !== running || last.placement !== placement) {
    const diff = diffPlacements(problem, running, placement);
    last = { problem, running, placement, result: { diff, nodes: nodeChanges(diff) } };
  }
  return last.result;
}
