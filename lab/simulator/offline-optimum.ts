// Owns the best that could be done with the whole trace known beforehand: a dynamic programme over seconds and placements, moves at the simulator's own prices.
// Placements are home and, for each disturbance, the best of all and the best with the cuts kept; no others, so it is an upper bound of the true optimum's cost.
import type { Placement } from "../../server/planner/plan.ts";
import type { Problem } from "../../server/planner/problem.ts";
import { findAlternatives, samePlacement } from "../../server/policy/adapt/alternatives.ts";
import { movingBill } from "../../server/policy/adapt/moving-bill.ts";
import { todaysProblem } from "../../server/policy/adapt/todays-problem.ts";
import { QUIET, slowdownsAt, type Trace } from "./disturbances.ts";
import { ASSUMED, CALIBRATED } from "./calibration.ts";
import { trueCost } from "./simulate.ts";

const STEP_MS = 1_000;
const { interference: INTERFERENCE, moveOverheadSeconds: MOVE_OVERHEAD_SECONDS } = CALIBRATED ?? ASSUMED;

/** Mean cost of a request, milliseconds. */
export function offlineOptimum(problem: Problem, home: Placement, trace: Trace): number {
  const states = [QUIET, ...trace.disturbances.map((one) => one.slowdowns)];
  const places: Placement[] = [home];
  for (const slowdowns of states) for (const { placement } of findAlternatives(todaysProblem(problem, slowdowns), { objective: "latency" }, home, home)) if (!places.some((one) => samePlacement(one, placement))) places.push(placement);
  const costs = new Map(states.map((slowdowns) => [slowdowns, places.map((place) => trueCost(problem, slowdowns, place))]));
  const seconds = new Map(states.map((slowdowns) => {
    const today = todaysProblem(problem, slowdowns);
    return [slowdowns, places.map((from) => places.map((to) => Math.ceil(movingBill(today, from, to, MOVE_OVERHEAD_SECONDS).seconds)))] as const;
  }));
  const steps = Math.ceil(trace.endMs / STEP_MS);
  const stateAt = Array.from({ length: steps }, (_, step) => slowdownsAt(trace, step * STEP_MS));
  const costAt = (step: number, place: number) => costs.get(stateAt[step] as typeof QUIET)?.[place] ?? 0;
  const before = places.map((_, place) => {
    const sums = new Float64Array(steps + 1);
    for (let step = 0; step < steps; step++) sums[step + 1] = (sums[step] as number) + costAt(step, place);
    return sums;
  });
  const span = (place: number, from: number, to: number) => (before[place]?.[Math.min(steps, to)] ?? 0) - (before[place]?.[from] ?? 0);
  const best = places.map(() => new Float64Array(steps + 2));
  for (let step = steps - 1; step >= 0; step--) {
    const table = seconds.get(stateAt[step] as typeof QUIET);
    for (const [place] of places.entries()) {
      let least = costAt(step, place) + (best[place]?.[step + 1] ?? 0);
      for (const [to] of places.entries()) {
        if (to === place) continue;
        const takes = table?.[place]?.[to] ?? 0;
        const end = Math.min(steps, step + takes);
        const cold = end < steps ? costAt(end, to) : 0;
        const cost = (1 + INTERFERENCE) * span(place, step, end) + cold + (best[to]?.[end] ?? 0);
        if (cost < least) least = cost;
      }
      (best[place] as Float64Array)[step] = least;
    }
  }
  return (best[0]?.[0] ?? 0) / steps;
}
