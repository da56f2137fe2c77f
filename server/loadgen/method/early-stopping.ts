// Owns how many queries a run needs before its percentile may be believed: the percentile's true place must lie below the bound with 99 % confidence.
// Rule: P[Binomial(h + t, 1 − p) ≤ t] < 1 − confidence, for t queries over the bound and h within it (LoadGen, early_stopping.h; tolerance 0).

/** LoadGen's own: 99 % confidence. As a difference of doubles, so that ties fall as they do there. */
const DOUBT = 1 - 0.99;

/** Least h within the bound that `over` beyond it need. `percentile` in (0, 1). */
export function minPassing(over: number, percentile: number): number {
  let low = 0;
  let high = Math.max(1, Math.ceil((over * percentile) / (1 - percentile)));
  while (!passes(high, over, percentile)) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (passes(middle, over, percentile)) high = middle;
    else low = middle;
  }
  return high;
}

/** How many of `count` slowest queries may be set aside, the one counted whose latency is then the estimate; null = too few queries for any. */
export function mostDiscarded(count: number, percentile: number): number | null {
  if (count < 2 || !passes(count - 1, 1, percentile)) return null;
  let low = 1;
  let high = count;
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (passes(count - middle, middle, percentile)) low = middle;
    else high = middle;
  }
  return low;
}

function passes(within: number, over: number, percentile: number): boolean {
  return within > 0 && atMost(over, within + over, 1 - percentile) < DOUBT;
}

/** P[Binomial(n, q) ≤ k], from the largest term down: where it matters, k lies below the mean and the terms fall fast. */
function atMost(k: number, n: number, q: number): number {
  if (k >= n * q) return 1;
  let term = Math.exp(lnGamma(n + 1) - lnGamma(k + 1) - lnGamma(n - k + 1) + k * Math.log(q) + (n - k) * Math.log1p(-q));
  let sum = 0;
  for (let i = k; i >= 0 && term > sum * 1e-17; i--) {
    sum += term;
    term *= (i / (n - i + 1)) * ((1 - q) / q);
  }
  return sum;
}

const LANCZOS = [0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7];

/** ln Γ(x), x ≥ 1. C. Lanczos, SIAM J. Numer. Anal. B 1, 1964; g = 7, nine terms, relative error about 1e-15. */
function lnGamma(x: number): number {
  let sum = LANCZOS[0]!;
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (x - 1 + i);
  const base = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(sum);
}
