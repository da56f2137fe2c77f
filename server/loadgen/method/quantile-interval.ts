// Owns how well a quantile is known: two order statistics that hold the true one between them with 95 % confidence, whatever the distribution.
// W. J. Conover, Practical Nonparametric Statistics, 3rd ed., §3.2, normal approximation of the binomial; independent values assumed.

export type Interval = { low: number; high: number };

const Z_95 = 1.959964;

/** `sorted` ascending. null = too few values on one side of the quantile for a bound there. */
export function quantileInterval(sorted: ArrayLike<number>, percentile: number): Interval | null {
  const count = sorted.length;
  const spread = Z_95 * Math.sqrt(count * percentile * (1 - percentile));
  const low = Math.floor(count * percentile - spread) - 1;
  const high = Math.ceil(count * percentile + spread);
  return low < 0 || high >= count ? null : { low: sorted[low]!, high: sorted[high]! };
}
