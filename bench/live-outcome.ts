// Owns what live runs of settings say about the simulator: how long moves take, what they take from requests, how far its ratios are off. Pure.
import type { Trace } from "../lab/simulator/disturbances.ts";
import type { Calibration } from "../lab/simulator/calibration.ts";
import { samePlacement } from "../server/policy/adapt/alternatives.ts";
import { movingBill } from "../server/policy/adapt/moving-bill.ts";
import type { Placement } from "../server/planner/plan.ts";
import type { LiveSetting } from "./live-settings.ts";
import { quantile } from "./quantile.ts";
import type { LiveMove, ScenarioRun } from "./run-scenario.ts";

/** `live`, `simulated`, `optimum`: mean cost ÷ that of leaving things alone. */
export type LiveOutcome = { setting: LiveSetting; run: ScenarioRun; trace: Trace; live: number; simulated: number; optimum: number; simulatedAloneMs: number };

type ServedOne = ScenarioRun["served"]["alone"][number];

/** Of answered requests; a failed one counts with the time it took to fail, which is its deadline at most. */
export function meanLatencyMs(served: readonly ServedOne[]): number {
  return served.reduce((sum, one) => sum + one.latencyMs, 0) / Math.max(1, served.length);
}

/** Moves that were never completed say nothing. NaN where nothing was seen. */
export function calibrationOf(outcomes: readonly LiveOutcome[]): Calibration {
  const done = outcomes.flatMap(({ run }) => movesWithBefore(run).map((one) => ({ ...one, run })));
  const overheads = done.map(({ move, before, run }) => move.tookSeconds - movingBill(run.problem, before, move.placement, 0).seconds);
  const logs = done.map(({ move, before, run }) => Math.log(move.tookSeconds / movingBill(run.problem, before, move.placement, median(overheads)).seconds));
  const interferences = done.filter(({ before, run }) => samePlacement(before, run.home)).map(({ move, run }) => ratioWithin(run, move));
  return {
    settings: outcomes.length, moves: done.length,
    moveOverheadSeconds: median(overheads), moveSpread: sd(logs), interference: Math.max(0, median(interferences.filter(Number.isFinite)) - 1),
    ratioError: outcomes.reduce((sum, one) => sum + Math.abs(one.simulated - one.live), 0) / Math.max(1, outcomes.length),
  };
}

type Done = LiveMove & { tookSeconds: number };
function movesWithBefore({ moves, home }: ScenarioRun): { move: Done; before: Placement }[] {
  let before = home;
  return moves.flatMap((move) => {
    if (move.tookSeconds === null || move.tookSeconds <= 0) return [];
    const one = { move: { ...move, tookSeconds: move.tookSeconds }, before };
    before = move.placement;
    return [one];
  });
}

/** Both fleets run the same placement until cutover: what differs is the move. */
function ratioWithin({ served }: ScenarioRun, { atMs, tookSeconds }: Done): number {
  const within = (list: readonly ServedOne[]) => list.filter((one) => one.dueMs >= atMs && one.dueMs < atMs + tookSeconds * 1000);
  return meanLatencyMs(within(served.adapted)) / meanLatencyMs(within(served.alone));
}

const median = (values: readonly number[]): number => quantile(values, 0.5);
function sd(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1));
}
