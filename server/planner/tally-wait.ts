// Owns the second opinion on waiting: what share of the requests is answered within a time, at a rate of requests that come at random. Nothing here is shared
// with the solvers' reckoning: the wait by Erlang's alternating sum (exact to 1e-11 over twelve service times at what is ever asked) and its exponential tail
// beyond, the normal by a series and a continued fraction. The definition of both is docs/PLANNING.md's.

export type Served = { latencyMs: number; varianceMs2: number; bottleneckMs: number };

/** Service times up to which the alternating sum is added up. */
const SUMMED = 12;
/** The normal that waits are spread by: as many points, so far apart, in standard deviations. */
const SPREAD_POINTS = 61;
const SPREAD_STEP = 0.15;
const HALVINGS = 60;

/** Share of the requests answered within `ms`; 0 where the demand is more than the plan serves. */
export function shareWithin(plan: Served, perSecond: number, ms: number): number {
  const load = (plan.bottleneckMs * perSecond) / 1000;
  if (load >= 1) return 0;
  const left = ms - plan.latencyMs;
  const sd = Math.sqrt(Math.max(0, plan.varianceMs2));
  if (load === 0) return sd === 0 ? (left >= 0 ? 1 : 0) : normalShare(left / sd);
  const waited = waitShares(load);
  if (sd === 0) return waited(left / plan.bottleneckMs);
  let sum = 0;
  let weights = 0;
  for (let point = 0; point < SPREAD_POINTS; point++) {
    const z = (point - (SPREAD_POINTS - 1) / 2) * SPREAD_STEP;
    const weight = Math.exp(-(z ** 2) / 2);
    weights += weight;
    sum += weight * Math.max(0, waited((left - z * sd) / plan.bottleneckMs) - (1 - load));
  }
  return (1 - load) * normalShare(left / sd) + sum / weights;
}

/** Mean, or the least time within which the share is answered, milliseconds; Infinity where the demand is more than the plan serves. */
export function servedWithin(plan: Served, perSecond: number, share: number | "mean"): number {
  const load = (plan.bottleneckMs * perSecond) / 1000;
  if (load >= 1) return Number.POSITIVE_INFINITY;
  if (share === "mean") return plan.latencyMs + (perSecond * plan.bottleneckMs ** 2) / 2000 / (1 - load);
  const sd = Math.sqrt(Math.max(0, plan.varianceMs2));
  if (sd === 0 && shareWithin(plan, perSecond, plan.latencyMs) >= share) return plan.latencyMs;
  let reach = sd + plan.bottleneckMs;
  while (shareWithin(plan, perSecond, plan.latencyMs + reach) < share) reach *= 2;
  let [low, high] = [plan.latencyMs - 8 * sd, plan.latencyMs + reach];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (shareWithin(plan, perSecond, middle) < share) low = middle;
    else high = middle;
  }
  return high;
}

/** Erlang (1909): P(wait ≤ t) = (1 − ρ) Σ (−ρ(t − j))^j e^ρ(t − j) / j!, j = 0…⌊t⌋, t in service times. */
function waitShares(load: number): (t: number) => number {
  const decay = decayOf(load);
  const weight = (1 - load) / (load * Math.exp(decay) - 1);
  return (t) => {
    if (t < 0) return 0;
    if (t >= SUMMED) return 1 - weight * Math.exp(-decay * t);
    let sum = 0;
    for (let j = 0, factorial = 1; j <= t; factorial *= ++j) {
      const u = load * (t - j);
      sum += ((-u) ** j * Math.exp(u)) / factorial;
    }
    return (1 - load) * sum;
  };
}

/** θ > 0 with ρ(e^θ − 1) = θ, by Newton from above. */
function decayOf(load: number): number {
  let theta = 2 * Math.log(1 / load) + 2 * (1 - load);
  for (let step = 0; step < 100; step++) {
    const next = theta - (load * Math.expm1(theta) - theta) / (load * Math.exp(theta) - 1);
    if (Math.abs(next - theta) <= 1e-15 * theta) break;
    theta = next;
  }
  return theta;
}

/** Chance that a standard normal is z at most. */
function normalShare(z: number): number {
  const x = Math.abs(z);
  const density = Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI);
  let tail: number;
  if (x < 3) {
    let term = x;
    let sum = x;
    for (let k = 1; k < 100 && term > 1e-17 * sum; k++) sum += term *= x ** 2 / (2 * k + 1);
    tail = 0.5 - density * sum;
  } else {
    let fraction = x;
    for (let k = 60; k > 0; k--) fraction = x + k / fraction;
    tail = density / fraction;
  }
  return z > 0 ? 1 - tail : tail;
}
