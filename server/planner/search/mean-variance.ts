// Owns what several additive solves say together about mean and variance of latency: each proves L + w·V ≥ bound for its weight w, so all plans lie above the
// upper envelope of those lines. Its corners are where anything concave in V is least.

/** For every plan: latency + weight × variance ≥ bound. */
export type SupportLine = { weight: number; bound: number };

export type Supports = { lines: readonly SupportLine[]; /** No plan's variance is lower, ms². */ leastVarianceMs2: number };

/** Least latency that the lines leave a plan with this variance, milliseconds. */
export function latencyFrom(supports: Supports, varianceMs2: number): number {
  let least = Number.NEGATIVE_INFINITY;
  for (const { weight, bound } of supports.lines) least = Math.max(least, weight === 0 ? bound : bound - weight * varianceMs2);
  return least;
}

/** The variance at which mean + z·sd is least above the lines, and that least. */
export function leastQuantile(supports: Supports, z: number): { bound: number; varianceMs2: number } {
  let best = { bound: Number.POSITIVE_INFINITY, varianceMs2: 0 };
  for (const varianceMs2 of corners(supports)) {
    const bound = latencyFrom(supports, varianceMs2) + z * Math.sqrt(varianceMs2);
    if (bound < best.bound) best = { bound, varianceMs2 };
  }
  return best;
}

/** Where the least variance is reached, only heavier lines help; how much heavier each time. */
const HEAVIER = 8;

/** A weight to solve for next, where plans of this variance promise most: `wanted`, unless it is known; then one further on. null = there is nothing left to learn. */
export function nextWeight(supports: Supports, at: { wanted: number; varianceMs2: number }): number | null {
  const known = supports.lines.map((line) => line.weight).sort((a, b) => a - b);
  const isKnown = (weight: number) => known.some((other) => Math.abs(other - weight) <= 1e-9 * Math.max(other, weight));
  if (!isKnown(at.wanted)) return at.wanted;
  const above = known.find((weight) => weight > at.wanted * (1 + 1e-9));
  const further = at.varianceMs2 <= supports.leastVarianceMs2 * (1 + 1e-6) || above === undefined ? known.at(-1)! * HEAVIER : (at.wanted + above) / 2;
  return further > 0 && Number.isFinite(further) && !isKnown(further) ? further : null;
}

function corners({ lines, leastVarianceMs2 }: Supports): number[] {
  const found = [leastVarianceMs2];
  for (const [index, a] of lines.entries()) {
    for (const b of lines.slice(index + 1)) {
      const varianceMs2 = (a.bound - b.bound) / (a.weight - b.weight);
      if (varianceMs2 > leastVarianceMs2 && Number.isFinite(varianceMs2)) found.push(varianceMs2);
    }
  }
  return found;
}
