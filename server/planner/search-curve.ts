// Owns a search's cost and bound over time, few enough points to send and to draw.
import { toPlacement } from "./build-instance.ts";
import type { SearchPoint, SearchProgress } from "./plan.ts";
import type { Problem } from "./problem.ts";
import { gapOf, type Outcome, type Progress, type SearchRequest } from "./search/solver.ts";

/** A chart is not wider. */
export const MAX_CURVE_POINTS = 200;

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Adds a point; at too many every second one in the older half goes. */
export function addPoint(curve: readonly SearchPoint[], { elapsedMs, cost, bound }: Pick<Progress, "elapsedMs" | "cost" | "bound">): SearchPoint[] {
  const point = { elapsedMs, cost: finite(cost), bound: finite(bound) };
  const last = curve.at(-1);
  if (last && last.cost === point.cost && last.bound === point.bound) return [...curve];
  const all = [...curve, point];
  return all.length <= MAX_CURVE_POINTS ? all : all.filter((_, index) => index % 2 === 0 || index >= MAX_CURVE_POINTS / 2);
}

export function searchProgress(problem: Problem, search: SearchRequest, progress: Pick<Progress, "stages" | "cost" | "bound" | "elapsedMs" | "by">, curve: readonly SearchPoint[]): SearchProgress {
  const gap = gapOf(progress);
  return { elapsedMs: progress.elapsedMs, cost: finite(progress.cost), bound: finite(progress.bound), gap: finite(gap), by: progress.by, placement: progress.stages && toPlacement(problem, search.instance, progress.stages), curve: [...curve] };
}

/** The last point: where the outcome stands when it ends. */
export function outcomeProgress(problem: Problem, search: SearchRequest, outcome: Outcome, curve: readonly SearchPoint[]): SearchProgress {
  return searchProgress(problem, search, outcome, addPoint(curve, outcome));
}
