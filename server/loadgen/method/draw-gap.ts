// Owns the time between two arrivals of a Poisson process, as libstdc++'s exponential_distribution<double> draws it from a 32-bit generator.
import type { Random } from "./mt19937.ts";

/** Whole nanoseconds, truncated. Takes two numbers of `random`. `perSecond` > 0. */
export function drawGapNs(random: Random, perSecond: number): number {
  // generate_canonical: the first draw is the low half. A sum that rounds up to 1 is the number just below it.
  const low = random();
  const uniform = Math.min((low + random() * 2 ** 32) / 2 ** 64, 1 - Number.EPSILON / 2);
  return Math.trunc((-Math.log(1 - uniform) / perSecond) * 1e9);
}
