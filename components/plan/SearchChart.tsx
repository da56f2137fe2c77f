import type { SearchPoint, SearchProgress } from "../../server/planner/plan.ts";
import type { PlanObjective } from "../../server/planner/plan-request.ts";
import { ms, written } from "../format.ts";
import { cost, gapText } from "./objective-words.ts";

const WIDTH = 360;
const HEIGHT = 96;
const LEFT = 4;

/** The best plan's cost coming down and the proven bound coming up, over time. The same in words beside it. */
export function SearchChart({ search, objective, proved }: { search: SearchProgress; objective: PlanObjective; proved: boolean }) {
  const points = [...search.curve, { elapsedMs: search.elapsedMs, cost: search.cost, bound: search.bound }];
  const costs = points.flatMap((point) => (point.cost === null ? [] : [point.cost]));
  const bounds = points.flatMap((point) => (point.bound === null ? [] : [point.bound]));
  const low = Math.min(...costs, ...bounds);
  const high = Math.max(...costs, ...bounds);
  const x = (elapsedMs: number) => LEFT + (elapsedMs / Math.max(search.elapsedMs, 1e-6)) * (WIDTH - 2 * LEFT);
  const y = (value: number) => 6 + (high === low ? 0.5 : (high - value) / (high - low)) * (HEIGHT - 12);
  return (
    <figure className="min-w-0" data-testid="search-chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden className="h-24 w-full border-b border-l border-line">
        {bounds.length > 0 && <path d={steps(points, (point) => point.bound, x, y)} fill="none" stroke="var(--ink-3)" strokeDasharray="4 3" vectorEffect="non-scaling-stroke" />}
        {costs.length > 0 && <path d={steps(points, (point) => point.cost, x, y)} fill="none" stroke="var(--accent)" strokeWidth="2" vectorEffect="non-scaling-stroke" />}
      </svg>
      <figcaption className="mt-1 flex flex-wrap justify-between gap-x-4 text-xs text-ink-2">
        <span><span aria-hidden className="mr-1 inline-block w-4 border-t-2 border-accent align-middle" />best so far <b className="num font-medium text-ink" data-testid="search-cost">{written(cost(objective, search.cost))}</b></span>
        <span><span aria-hidden className="mr-1 inline-block w-4 border-t border-dashed border-ink-3 align-middle" />nothing is below <b className="num font-medium text-ink">{written(cost(objective, search.bound))}</b></span>
        <span data-testid="search-gap">{gapText(proved, search.gap)}</span>
        <span className="text-ink-3">after <span className="num">{written(ms(search.elapsedMs))}</span></span>
      </figcaption>
    </figure>
  );
}

/** A value holds until the next one. */
function steps(points: readonly SearchPoint[], of: (point: SearchPoint) => number | null, x: (ms: number) => number, y: (value: number) => number): string {
  let path = "";
  for (const point of points) {
    const value = of(point);
    if (value === null) continue;
    path += path === "" ? `M${x(point.elapsedMs).toFixed(1)} ${y(value).toFixed(1)}` : `H${x(point.elapsedMs).toFixed(1)}V${y(value).toFixed(1)}`;
  }
  return path;
}
