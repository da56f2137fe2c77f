// Owns what a plan's figures are under a demand: utilisation, mean and quantiles of latency, and whether an SLO holds.
// Latency = constant + hops + stages, taken as normal with the plan's mean and variance, + the wait, independent of it. The distribution of the sum is
// their convolution: the chance of no wait with the normal itself, waits with fixed points of it. So a quantile is neither "mean + z·sd + wait's quantile"
// (too much) nor a sum of means (too little).
import type { Figures } from "./evaluate.ts";
import { normalWithin } from "./normal-within.ts";
import { waitOf } from "./queueing.ts";

/** Mean, or the share of requests that stay within ("p99" = 0.99). */
export type LatencyFigure = "mean" | { share: number };
export type Slo = { perSecond: number; share: number; latencyMs: number };
export type DemandFigures = {
  perSecond: number;
  /** Of the busiest node or link. */
  utilisation: number;
  meanWaitMs: number;
  meanLatencyMs: number;
  p50Ms: number;
  p90Ms: number;
  p95Ms: number;
  p99Ms: number;
  p999Ms: number;
};
type Plan = Pick<Figures, "latencyMs" | "varianceMs2" | "bottleneckMs">;

/** Points of the standard normal, ±4.5 by 0.15: their weights beyond are under 1e-5. */
const POINTS = Float64Array.from({ length: 61 }, (_, index) => (index - 30) * 0.15);
const WEIGHTS = normalWeights();
/** Of the range of what can be. */
const PRECISION = 1e-12;
/** A floor is the lower end: it holds at any precision. */
const FLOOR_PRECISION = 1e-6;
const MAX_STEPS = 80;

export function demandFigures(plan: Plan, perSecond: number): DemandFigures {
  const wait = waitOf(plan.bottleneckMs, perSecond);
  const at = (share: number) => latencyUnder(plan, perSecond, { share });
  return { perSecond, utilisation: wait.utilisation, meanWaitMs: wait.meanMs, meanLatencyMs: plan.latencyMs + wait.meanMs, p50Ms: at(0.5), p90Ms: at(0.9), p95Ms: at(0.95), p99Ms: at(0.99), p999Ms: at(0.999) };
}

/** Infinity where the demand is more than the plan can serve; at no demand there is no wait. */
export function latencyUnder(plan: Plan, perSecond: number, figure: LatencyFigure): number {
  const wait = waitOf(plan.bottleneckMs, perSecond);
  if (figure === "mean") return plan.latencyMs + wait.meanMs;
  const sd = Math.sqrt(Math.max(0, plan.varianceMs2));
  return plan.latencyMs + excessQuantile(wait, { share: figure.share, fastSd: sd, slowSd: sd });
}

/**
 * A quantile of latency that no plan is below whose mean is `latencyMs` at least, its variance within the range, and its bottleneck `bottleneckMs` at least:
 * fast requests vary by the largest sd, slow ones by the smallest.
 */
export function latencyFloor(plan: { latencyMs: number; leastVarianceMs2: number; mostVarianceMs2: number; bottleneckMs: number }, perSecond: number, share: number): number {
  return plan.latencyMs + excessQuantile(waitOf(plan.bottleneckMs, perSecond), { share, fastSd: Math.sqrt(plan.mostVarianceMs2), slowSd: Math.sqrt(plan.leastVarianceMs2) });
}

export function meetsSlo(plan: Plan, slo: Slo): boolean {
  return latencyUnder(plan, slo.perSecond, { share: slo.share }) <= slo.latencyMs;
}

/** Quantile of normal + wait, in milliseconds around the mean without wait. */
function excessQuantile(wait: ReturnType<typeof waitOf>, spread: { share: number; fastSd: number; slowSd: number }): number {
  if (wait.utilisation >= 1) return Number.POSITIVE_INFINITY;
  const { share, fastSd, slowSd } = spread;
  if (fastSd === 0 && slowSd === 0) return wait.quantileMs(share);
  if (wait.utilisation <= 0 && share >= 0.5) return sdsTo(share) * slowSd;
  const none = 1 - wait.utilisation;
  const within = (ms: number): number => {
    const sd = ms < 0 ? fastSd : slowSd;
    let sum = none * (sd > 0 ? normalWithin(ms / sd) : ms < 0 ? 0 : 1);
    if (wait.utilisation === 0) return sum;
    for (let index = 0; index < POINTS.length; index++) sum += WEIGHTS[index]! * Math.max(0, wait.within(ms - POINTS[index]! * (POINTS[index]! < 0 ? fastSd : slowSd)) - none);
    return sum;
  };
  const isFloor = fastSd !== slowSd;
  const widest = Math.max(fastSd, slowSd) * -POINTS[0]!;
  const found = bracket(within, { value: share, from: -widest, to: widest + wait.quantileMs(share) + Number.MIN_VALUE, precision: isFloor ? FLOOR_PRECISION : PRECISION });
  return isFloor ? found.low : found.high;
}

/** Where a rising function reaches a value, between ever closer ends: false position, and a halving whenever that did not halve the range (Dekker). */
function bracket(of: (x: number) => number, { value, from, to, precision }: { value: number; from: number; to: number; precision: number }): { low: number; high: number } {
  let [low, high] = [from, to];
  let [below, above] = [of(low) - value, of(high) - value];
  const enough = (to - from) * precision;
  for (let step = 0; step < MAX_STEPS && high - low > enough; step++) {
    const width = high - low;
    const straight = low - (below * width) / (above - below);
    const hair = Math.max(enough / 2, width * 1e-3);
    const move = (x: number) => {
      if (!(x > low && x < high)) return;
      const at = of(x) - value;
      if (at < 0) [low, below] = [x, at];
      else [high, above] = [x, at];
    };
    move(straight);
    // A hair beyond it, so that the other end moves up too.
    move(low === straight ? straight + hair : straight - hair);
    if (high - low > width / 2) move((low + high) / 2);
  }
  return { low, high };
}

/** Standard deviations from a normal's mean to its quantile. */
export function sdsTo(share: number): number {
  let [low, high] = [-9, 9];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (normalWithin(middle) < share) low = middle;
    else high = middle;
  }
  return Math.abs(share - 0.5) < 1e-12 ? 0 : high;
}

function normalWeights(): Float64Array {
  const densities = POINTS.map((z) => Math.exp(-z * z / 2));
  const total = densities.reduce((sum, density) => sum + density, 0);
  return densities.map((density) => density / total);
}
