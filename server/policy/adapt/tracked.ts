// Owns an estimate that is followed over time: mean, spread, how many samples and how old. Recent ones count more. Pure.

export type Tracked = { last: number; mean: number; variance: number; samples: number; atMs: number };

/** A step shows within two samples, and noise is halved. */
const WEIGHT = 0.4;

/** Exponentially weighted mean and variance (West, CACM 1979; Finch 2009). */
export function track(before: Tracked | undefined, value: number, atMs: number): Tracked {
  if (!before) return { last: value, mean: value, variance: 0, samples: 1, atMs };
  const weight = Math.max(WEIGHT, 1 / (before.samples + 1));
  const difference = value - before.mean;
  return { last: value, mean: before.mean + weight * difference, variance: (1 - weight) * (before.variance + weight * difference ** 2), samples: before.samples + 1, atMs };
}
