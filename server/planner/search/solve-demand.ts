// Owns the plan with the least latency *under a demand*: mean or quantile, waiting included, no node or link busier than MAX_UTILISATION. The wait depends on the
// bottleneck T alone, so T is cut into intervals: additive searches under an interval's upper end bound latency (and variance) of all plans in it, its lower end
// bounds their wait. The interval that promises most is searched or cut first; plans come on the way.
import { type LatencyFigure, latencyFloor, latencyUnder, sdsTo } from "../demand.ts";
import { MAX_UTILISATION } from "../plan-request.ts";
import { waitOf } from "../queueing.ts";
import { type BestFigure, bestFigure, NO_WEIGHTS } from "./best-figure.ts";
import { walkBound } from "./bottleneck-bound.ts";
import { bottleneckTables } from "./bottleneck-tables.ts";
import { latencyFrom, nextWeight, type SupportLine } from "./mean-variance.ts";
import { objectiveCost } from "./objective-cost.ts";
import type { Outcome, SearchContext, SearchRequest, Solver } from "./solver.ts";

/** Of the figure: a plan this close to the bound is as good as any, since the wait of real arrivals is not known as well. */
const ENOUGH = 1e-4;
const MAX_SOLVES = 80;
const TIME_SHARE = 0.2;
/** Searches can say no more of the interval. */
const EXHAUSTED = Number.POSITIVE_INFINITY;
/** Below half, a larger variance helps. */
const LEAST_SHARE = 0.5;
const CELL_SPLITS = 24;
/** Relative step to what is less busy: limits are kept to 1e-9. */
const BELOW = 1e-7;

export type DemandRequest = Pick<SearchRequest, "instance" | "moving" | "seeds"> & { perSecond: number; figure: LatencyFigure };

/** Plans with lowMs < T ≤ highMs; what is known of all of them. `solved`: by searches under highMs itself. */
type Interval = { lowMs: number; highMs: number; lines: SupportLine[]; leastVarianceMs2: number; solved: number; bound: number; varianceMs2: number };

type Bounded = DemandRequest & { mostVarianceMs2: number };

export function solveDemand(asked: DemandRequest, additive: Solver, context: SearchContext): Outcome {
  const request: Bounded = { ...asked, mostVarianceMs2: mostVariance(asked.instance) };
  const { instance, perSecond, figure } = request;
  if (!(perSecond > 0)) throw new RangeError("a demand is more than 0 requests per second");
  if (figure !== "mean" && !(figure.share >= LEAST_SHARE && figure.share < 1)) throw new RangeError(`a quantile is between ${LEAST_SHARE} and 1`);
  const best = bestFigure({ ...request, additive, context, figureOf: (figures, stages) => objectiveCost({ ...request, instance: { ...instance, limits: { ...instance.limits, perSecond } }, objective: { kind: "demand", figure } }, stages, figures) });
  const capMs = Math.min(instance.limits.bottleneckMs, (MAX_UTILISATION * 1000) / perSecond);
  const lowMs = walkBound(bottleneckTables(instance), { boundMs: 0, attainedMs: capMs, precision: 0.01 }, best.stop);
  const open: Interval[] = [{ lowMs: lowMs * (1 - 1e-9), highMs: capMs, lines: [], leastVarianceMs2: 0, solved: 0, bound: 0, varianceMs2: 0 }];
  for (let solves = 0; open.length > 0; ) {
    open.sort((a, b) => a.bound - b.bound);
    if (best.stages) best.raise(open[0]!.bound);
    if (solves >= MAX_SOLVES || best.stop() || open[0]!.solved === EXHAUSTED || open[0]!.bound >= best.cost * (1 - ENOUGH)) return best.outcome(false);
    const interval = open.shift()!;
    if (isWide(request, interval, best)) open.push(...halves(request, interval, best));
    else {
      open.push(...search(request, interval, best));
      solves++;
    }
  }
  if (best.stages) best.raise(best.cost);
  return best.outcome(best.stages === null);
}

/** One additive search under the interval's upper end; what is left of the interval. Empty = nothing in it. */
function search(request: Bounded, interval: Interval, best: BestFigure): Interval[] {
  const { instance, figure } = request;
  const limited = { ...instance, limits: { ...instance.limits, bottleneckMs: interval.highMs } };
  const weight = interval.solved === 0 || figure === "mean" ? 0 : nextWeight(interval, { wanted: slope(request, interval), varianceMs2: interval.varianceMs2 });
  if (weight === null || (figure === "mean" && interval.solved > 0)) return [{ ...interval, solved: EXHAUSTED }];
  const outcome = best.solve(limited, { ...NO_WEIGHTS, latencyMs: 1, varianceMs2: weight }, TIME_SHARE);
  if (outcome.stages === null) return outcome.proved ? [] : [{ ...interval, solved: interval.solved + 1 }];
  const solved: Interval = { ...interval, lines: [...interval.lines, { weight, bound: Math.max(0, outcome.bound) }], solved: interval.solved + 1 };
  if (figure !== "mean" && interval.solved === 0) solved.leastVarianceMs2 = Math.max(interval.leastVarianceMs2, best.solve(limited, { ...NO_WEIGHTS, varianceMs2: 1 }, TIME_SHARE).bound);
  const { bottleneckMs } = outcome.figures!;
  if (bottleneckMs <= solved.lowMs * (1 + 1e-6)) return [withBound(request, solved, best)];
  // From the plan's own T up, no plan has a lower latency and none waits less: that part is as good as done.
  const atPlan = { ...solved, lowMs: bottleneckMs * (1 - 1e-12) };
  const below = { ...solved, highMs: bottleneckMs * (1 - BELOW), solved: 0 };
  return [withBound(request, atPlan, best), withBound(request, below, best)];
}

/** Whether the interval's bound is low because its ends wait differently, rather than for want of searches. */
function isWide(request: Bounded, interval: Interval, best: BestFigure): boolean {
  if (interval.solved > 0 || interval.lines.length === 0 || best.stages === null || interval.highMs < interval.lowMs * 1.001) return false;
  const wait = (ms: number) => waitOf(ms, request.perSecond).meanMs;
  return wait(interval.highMs) - wait(interval.lowMs) > (best.cost - interval.bound) / 2;
}

function halves(request: Bounded, interval: Interval, best: BestFigure): Interval[] {
  const middle = interval.lowMs > 0 ? Math.sqrt(interval.lowMs * interval.highMs) : interval.highMs / 2;
  return [withBound(request, { ...interval, highMs: middle }, best), withBound(request, { ...interval, lowMs: middle }, best)];
}

function withBound(request: Bounded, interval: Interval, best: BestFigure): Interval {
  if (request.figure === "mean") return { ...interval, bound: latencyFrom(interval, 0) + waitOf(interval.lowMs, request.perSecond).meanMs };
  return { ...interval, ...quantileFloor(interval, { perSecond: request.perSecond, share: request.figure.share, enough: best.cost, mostVarianceMs2: request.mostVarianceMs2 }) };
}

/** The least quantile that the lines leave to any plan of the interval, by ever smaller ranges of variance. */
function quantileFloor(interval: Interval, { perSecond, share, enough, mostVarianceMs2 }: { perSecond: number; share: number; enough: number; mostVarianceMs2: number }): { bound: number; varianceMs2: number } {
  const floor = (low: number, high: number) => ({ low, high, bound: latencyFloor({ latencyMs: latencyFrom(interval, high), leastVarianceMs2: low, mostVarianceMs2: high, bottleneckMs: interval.lowMs }, perSecond, share) });
  // With a wait of nothing, a variance beyond this costs more than the best plan does: one sd above the mean is within the least share.
  const latencyMs = Math.max(0, ...interval.lines.filter((line) => line.weight === 0).map((line) => line.bound));
  if (latencyMs >= enough) return { bound: enough, varianceMs2: 0 };
  const worth = ((enough - latencyMs) / sdsTo(share)) ** 2;
  const least = Math.min(interval.leastVarianceMs2, mostVarianceMs2);
  if (worth <= least && worth < mostVarianceMs2) return { bound: enough, varianceMs2: least };
  const cells = [floor(least, Math.min(worth, mostVarianceMs2))];
  for (let split = 0; split < CELL_SPLITS; split++) {
    cells.sort((a, b) => a.bound - b.bound);
    const cell = cells[0]!;
    if (cell.bound >= enough || cell.high - cell.low <= 1e-4 * cell.high) break;
    const middle = cell.low > 0 && cell.high / cell.low > 4 ? Math.sqrt(cell.low * cell.high) : (cell.low + cell.high) / 2;
    cells.splice(0, 1, floor(cell.low, middle), floor(middle, cell.high));
  }
  cells.sort((a, b) => a.bound - b.bound);
  return { bound: Math.min(enough, cells[0]!.bound), varianceMs2: (cells[0]!.low + cells[0]!.high) / 2 };
}

/** More than any plan's latency varies, ms². */
function mostVariance({ processors, hops, crossingBytes, limits, layerCount }: DemandRequest["instance"]): number {
  const bytes = crossingBytes.reduce((a, b) => Math.max(a, b), 0);
  const hop = hops.fixedVarianceMs2.reduce((most, fixed, index) => Math.max(most, fixed + bytes ** 2 * hops.perByteVarianceMs2[index]!), 0);
  let layers = 0;
  for (let layer = 0; layer < layerCount; layer++) layers += processors.reduce((most, { varianceUpToMs2: upTo }) => (upTo ? Math.max(most, upTo[layer + 1]! - upTo[layer]!) : most), 0);
  return (hop * (Math.min(limits.maxStages, layerCount) + 1) + layers) * (1 + 1e-9);
}

function slope(request: Bounded, interval: Interval): number {
  const figure = request.figure as Exclude<LatencyFigure, "mean">;
  const varianceMs2 = Math.max(interval.varianceMs2, 1e-9);
  const at = (variance: number) => latencyUnder({ latencyMs: 0, varianceMs2: variance, bottleneckMs: interval.lowMs }, request.perSecond, figure);
  return Math.max(1e-12, (at(varianceMs2 * 1.01) - at(varianceMs2)) / (varianceMs2 * 0.01));
}
