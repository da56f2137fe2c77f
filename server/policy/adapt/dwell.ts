// Owns how much longer a disturbance is expected to last. Pure.
// Without experience the best guess for what has lasted a is that it lasts another a (a Pareto tail of exponent 2; Gott's delta-t argument, Nature 1993).
// Disturbances that ended are weighed in as the mean residual life of those that lasted longer than a.

/** Milliseconds, oldest first. */
export type DwellHistory = number[];

const KEPT = 30;
/** What the guess without experience weighs, in disturbances. */
const PRIOR_WEIGHT = 1;
/** Nothing is expected to end at once: detection itself takes seconds. */
const LEAST_PRIOR_MS = 10_000;

export function addDwell(history: DwellHistory, dwellMs: number): DwellHistory {
  return [...history, dwellMs].slice(-KEPT);
}

/** Milliseconds from now. */
export function expectedResidualMs(history: DwellHistory, ageMs: number): number {
  const longer = history.filter((dwell) => dwell > ageMs);
  const sum = longer.reduce((total, dwell) => total + dwell - ageMs, 0);
  return (sum + PRIOR_WEIGHT * Math.max(ageMs, LEAST_PRIOR_MS)) / (longer.length + PRIOR_WEIGHT);
}
