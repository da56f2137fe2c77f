// Owns how long a request waits under a demand: requests that come at random (Poisson) to a chain of servers, each with a fixed time. All of a chain's waiting
// together is that of one M/D/1 queue with the slowest server's time, wherever it stands (Friedman 1965; Avi-Itzhak 1965): so T alone decides it.
// Exact for one pass over each server; a node that serves two stages, several streams and times that vary make it an approximation.

/** Queue lengths followed one by one; the tail beyond is exponential to far below 1e-6 by then. */
const LENGTHS = 64;

export type Wait = {
  /** Milliseconds, Infinity where the server cannot keep up. */
  meanMs: number;
  utilisation: number;
  /** P(wait ≤ t). */
  within(ms: number): number;
  /** The wait that a share of requests stays within. */
  quantileMs(share: number): number;
};

export function waitOf(bottleneckMs: number, perSecond: number): Wait {
  const utilisation = (bottleneckMs * perSecond) / 1000;
  if (utilisation >= 1) return { meanMs: Number.POSITIVE_INFINITY, utilisation, within: () => 0, quantileMs: () => Number.POSITIVE_INFINITY };
  if (utilisation <= 0) return { meanMs: 0, utilisation: 0, within: (ms) => (ms >= 0 ? 1 : 0), quantileMs: () => 0 };
  const within = known.get(utilisation) ?? remember(utilisation, waitDistribution(utilisation));
  return {
    meanMs: (bottleneckMs * utilisation) / (2 * (1 - utilisation)),
    utilisation,
    within: (ms) => within(ms / bottleneckMs),
    quantileMs: (share) => bottleneckMs * quantile(within, share),
  };
}

/** Distributions of late: a search asks for the same few again and again. */
const MAX_KNOWN = 64;
const known = new Map<number, (t: number) => number>();

function remember(utilisation: number, within: (t: number) => number): (t: number) => number {
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(utilisation, within);
  return within;
}

/**
 * P(wait ≤ t), t in service times, after Franx (2001): for k − 1 ≤ t < k and u = ρ(k − t) it is e^−u Σ_j Q(k − 1 − j) u^j / j!, with Q(i) the chance of i waiting
 * at most. Every term is positive, where Erlang's own sum alternates and loses all digits beyond some ten service times.
 */
function waitDistribution(utilisation: number): (t: number) => number {
  const waiting = cumulativeWaiting(utilisation);
  const decay = tailDecay(utilisation);
  const weight = (1 - utilisation) / (utilisation * Math.exp(decay) - 1);
  return (t) => {
    if (t < 0) return 0;
    const k = Math.floor(t) + 1;
    if (k > LENGTHS) return 1 - weight * Math.exp(-decay * t);
    const u = utilisation * (k - t);
    let term = Math.exp(-u);
    let sum = 0;
    for (let j = 0; j < k; j++) {
      sum += waiting[k - 1 - j]! * term;
      term *= u / (j + 1);
    }
    return Math.min(1, sum);
  };
}

/** Q(i), i = 0…: chance that i requests wait at most. Of the system's sizes p by levels crossed up and down, which adds positive terms only. */
function cumulativeWaiting(utilisation: number): Float64Array {
  const more = new Float64Array(LENGTHS + 2);
  // more[k]: chance of more than k arrivals during one service.
  let arrivals = Math.exp(-utilisation);
  const none = arrivals;
  more[0] = -Math.expm1(-utilisation);
  for (let k = 1; k < more.length; k++) {
    arrivals *= utilisation / k;
    more[k] = Math.max(0, more[k - 1]! - arrivals);
  }
  const sizes = new Float64Array(LENGTHS + 2);
  sizes[0] = 1 - utilisation;
  for (let n = 0; n + 1 < sizes.length; n++) {
    let sum = sizes[0]! * more[n]!;
    for (let j = 1; j <= n; j++) sum += sizes[j]! * more[n + 1 - j]!;
    sizes[n + 1] = sum / none;
  }
  const waiting = new Float64Array(LENGTHS + 1);
  waiting[0] = sizes[0]! + sizes[1]!;
  for (let i = 1; i < waiting.length; i++) waiting[i] = waiting[i - 1]! + sizes[i + 1]!;
  return waiting;
}

/** θ > 0 with ρ(e^θ − 1) = θ: waits beyond t are about as rare as e^−θt (Cramér, Lundberg). */
function tailDecay(utilisation: number): number {
  let low = 0;
  let high = 1;
  while (utilisation * Math.expm1(high) < high) high *= 2;
  low = Math.min(high / 2, -Math.log(utilisation));
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (utilisation * Math.expm1(middle) < middle) low = middle;
    else high = middle;
  }
  return high;
}

function quantile(within: (t: number) => number, share: number): number {
  if (within(0) >= share) return 0;
  let high = 1;
  while (within(high) < share) high *= 2;
  let low = high === 1 ? 0 : high / 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (within(middle) < share) low = middle;
    else high = middle;
  }
  return high;
}
