// Owns the runner-up: the cheapest plan that differs from the best in a decision an operator would call one.
// The decisions of a plan are its cuts, and for each stage the place it runs on. A plan differs if it lacks one of the cuts, or if no layer of some stage runs on that stage's place;
// a border that moves by a layer and keeps another's place is therefore a different plan, another mode on the same place is not.
import type { SearchStage } from "../instance.ts";
import type { Outcome, SearchRequest } from "../search/solver.ts";
import { applyChange, type Change } from "./change.ts";
import type { Solve } from "./rank-changes.ts";

export type RunnerUp = {
  stages: SearchStage[];
  cost: number;
  /** More than the best plan, and as a share of it. */
  more: number;
  share: number;
  /** The decision it was made without. */
  without: Change;
  /** True: no plan that differs costs less. */
  proved: boolean;
};

/** Null = no plan differs (or none was found). One search per decision. */
export function findRunnerUp(request: SearchRequest, best: Outcome & { stages: SearchStage[] }, solve: Solve): RunnerUp | null {
  const found = decisionsOf(request, best.stages).map((without) => ({ without, outcome: solve(applyChange(request, without)) }));
  const [first] = found.filter(({ outcome }) => outcome.stages !== null).sort((a, b) => a.outcome.cost - b.outcome.cost);
  if (!first) return null;
  const { stages, cost } = first.outcome;
  const bounds = found.map(({ outcome }) => (outcome.proved ? outcome.cost : outcome.bound));
  return { stages: stages!, cost, more: cost - best.cost, share: (cost - best.cost) / Math.max(Math.abs(best.cost), Number.MIN_VALUE), without: first.without, proved: bounds.every((bound) => bound >= cost - Math.abs(cost) * 1e-9) };
}

function decisionsOf({ instance }: SearchRequest, stages: readonly SearchStage[]): Change[] {
  const cuts = stages.slice(1).map(({ from }): Change => ({ kind: "forbid-cut", at: from }));
  return [...cuts, ...stages.map(({ processor, from, to }): Change => ({ kind: "forbid", place: instance.processors[processor]!.place, from, to }))];
}
