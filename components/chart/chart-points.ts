// Owns putting a chart's points together: stored and live ones into one row in time, and gaps where nothing was told. Pure.

export type Point = { atMs: number };

/** Two tellings of one second lie nearer to each other than this. */
const SAME_MS = 700;
/** A step so many times longer than those around it is a gap … */
const GAP_FACTOR = 3.5;
/** … and those around it are looked at on either side. */
const AROUND = 5;
const LEAST_STEP_MS = 1_000;

/** By time, each second once; where both know one, the live point counts. Both ascend. */
export function mergePoints<P extends Point>(stored: readonly P[], live: readonly P[]): P[] {
  const merged: P[] = [];
  let next = 0;
  for (const point of stored) {
    while (next < live.length && (live[next] as P).atMs < point.atMs - SAME_MS) merged.push(live[next++] as P);
    const [before, after] = [merged.at(-1), live[next]];
    const known = (before !== undefined && point.atMs - before.atMs < SAME_MS) || (after !== undefined && Math.abs(after.atMs - point.atMs) < SAME_MS);
    if (!known) merged.push(point);
  }
  for (; next < live.length; next++) merged.push(live[next] as P);
  return merged;
}

/** Points with a null where a gap begins, and the time of each. Seconds and ten-second windows may follow each other: a step is judged by its neighbours. */
export function withGaps<P extends Point>(points: readonly P[]): { timesMs: number[]; points: (P | null)[] } {
  const steps = points.slice(1).map((point, index) => point.atMs - (points[index] as P).atMs);
  const out: { timesMs: number[]; points: (P | null)[] } = { timesMs: [], points: [] };
  for (const [index, point] of points.entries()) {
    const step = steps[index - 1];
    if (step !== undefined && step > GAP_FACTOR * usualStep(steps, index - 1)) {
      out.timesMs.push((points[index - 1] as P).atMs + 1);
      out.points.push(null);
    }
    out.timesMs.push(point.atMs);
    out.points.push(point);
  }
  return out;
}

/** The longer of what is usual before and after the step at `at`. At an end the next step alone speaks for the missing side. */
function usualStep(steps: readonly number[], at: number): number {
  const before = steps.slice(Math.max(0, at - AROUND), at);
  const after = steps.slice(at + 1, at + 1 + AROUND);
  return Math.max(LEAST_STEP_MS, middle(before.length > 0 ? before : after.slice(0, 1)), middle(after.length > 0 ? after : before.slice(-1)));
}

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

/** Index of the time nearest to `atMs`; -1 of none. `timesMs` ascend. */
export function nearestIndex(timesMs: readonly number[], atMs: number): number {
  let [low, high] = [0, timesMs.length - 1];
  if (high < 0) return -1;
  while (low < high) {
    const half = (low + high) >> 1;
    if ((timesMs[half] as number) < atMs) low = half + 1;
    else high = half;
  }
  return low > 0 && atMs - (timesMs[low - 1] as number) <= (timesMs[low] as number) - atMs ? low - 1 : low;
}

/** Points that came after the last one of a frozen picture. */
export const samplesBehind = (frozen: readonly Point[], points: readonly Point[]): number => {
  const last = frozen.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
  let count = 0;
  for (let index = points.length - 1; index >= 0 && (points[index] as Point).atMs > last; index--) count++;
  return count;
};
