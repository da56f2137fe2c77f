// Owns where a border between two segments snaps: local minima of the bytes that cross, among the legal cuts. Pure.
import type { Problem } from "../../server/planner/problem.ts";
import type { Placement } from "../../server/planner/plan.ts";
import type { LayerRange } from "../../server/model/model.ts";

/** Borders as layer counts: `at` lies between layers `at` and `at + 1` as people count them. */
type Cuts = Pick<Problem, "cutLegal" | "cutBytes">;

/** Every legal border, ascending. */
export const legalCuts = ({ cutLegal }: Cuts): number[] => cutLegal.flatMap((legal, index) => (legal ? [index + 1] : []));

/** Legal borders with no cheaper legal neighbour. Of a plateau all count, because any of them costs the same. */
export function goodCuts(cuts: Cuts): number[] {
  const legal = legalCuts(cuts);
  const bytesAt = (index: number) => cuts.cutBytes[(legal[index] ?? 0) - 1] ?? Number.POSITIVE_INFINITY;
  const good: number[] = [];
  for (let start = 0; start < legal.length; ) {
    let end = start + 1;
    while (end < legal.length && bytesAt(end) === bytesAt(start)) end++;
    const fromHigher = start === 0 || bytesAt(start - 1) > bytesAt(start);
    const toHigher = end === legal.length || bytesAt(end) > bytesAt(start);
    if (fromHigher && toHigher) good.push(...legal.slice(start, end));
    start = end;
  }
  return good;
}

/** Where the border after stage `leftIndex` may lie: each side keeps one layer at least. Null where two stages do not touch. */
export function borderBounds(placement: Placement, leftIndex: number): LayerRange | null {
  const left = placement[leftIndex];
  const right = placement[leftIndex + 1];
  return left && right && left.to === right.from ? { from: left.from + 1, to: right.to - 1 } : null;
}

/** The border to take for a wanted one: the nearest good cut within the bounds, any legal one with `free` or when none is good. Null when none is legal. */
export function snapBorder(cuts: Cuts, bounds: LayerRange, wanted: number, free: boolean): number | null {
  const within = (at: number) => at >= bounds.from && at <= bounds.to;
  const good = free ? [] : goodCuts(cuts).filter(within);
  return nearest(good.length > 0 ? good : legalCuts(cuts).filter(within), wanted);
}

/** The next border in a direction; null at the end. A step over good cuts falls back to legal ones when none is left. */
export function stepBorder(cuts: Cuts, bounds: LayerRange, at: number, by: 1 | -1, free: boolean): number | null {
  const next = (all: readonly number[]) => nearest(all.filter((one) => one >= bounds.from && one <= bounds.to && (one - at) * by > 0), at);
  return free ? next(legalCuts(cuts)) : (next(goodCuts(cuts)) ?? next(legalCuts(cuts)));
}

function nearest(all: readonly number[], wanted: number): number | null {
  return all.reduce<number | null>((best, at) => (best === null || Math.abs(at - wanted) < Math.abs(best - wanted) ? at : best), null);
}
