// Owns what measured segments teach of a profile: fused segments are not the sum of their layers. Times of real segments are explained by layer times whose
// sums are right (the runtime's own names put time into the wrong layer) and by a term per cut that is never negative. The model, with P the sum of the layers before
// a position: T(i, j) = P(j) + s(j) − P(i) − s(i) + b(i)/2 + b(j)/2, where s moves time between layers and b is what a cut costs; b has a prior a + c·bytes, so that cuts nobody
// measured get a sensible value. Bayesian least squares with Huber weights: one disturbed run must not bend the rest.
import { seededRandom } from "./seeded-random.ts";
import { solveLinear } from "./solve-linear.ts";

export type MeasuredSegment = { /** Layers [from, to). */ from: number; to: number; ms: number };
export type BoundaryInput = { layerMs: readonly number[]; /** Per cut, as in the model's facts. */ cuts: readonly { legal: boolean; bytes: number }[]; segments: readonly MeasuredSegment[]; seed: number };
export type BoundaryFit = {
  /** Corrected; the same sum as before. */
  layerMs: number[];
  /** By position 0…n; 0 at both ends and where the model can't be cut. */
  entryMs: number[];
  exitMs: number[];
  segmentCount: number;
  heldOutCount: number;
  /** Mean absolute error over segments the fit did not see, percent; where it is above the sums' own, the cuts' terms are 0 and the layers as they were. */
  holdOutErrorPercent: number;
  /** The same segments by their layers' sums alone. */
  sumErrorPercent: number;
};

/** A fifth of the segments is left out, five times, so that each was left out once. */
const FOLDS = 5;
/** With fewer a fit says more of the noise than of the cuts. */
const MIN_SEGMENTS = 5;
/** What is expected before anything is seen. Of the whole model's time: noise of a measurement beside its own share, time in the wrong layer, a cut's own part, the prior's two terms. */
const NOISE_SHARE = 0.03;
const NOISE_FLOOR_SHARE = 0.05;
const SHIFT_SHARE = 0.08;
const CUT_SHARE = 0.02;
const PRIOR_SHARE = 0.04;
/** Residuals beyond this many standard deviations count less and less. */
const HUBER = 1.5;
const ROUNDS = 8;

type Fitted = { shiftAt(position: number): number; cutAt(position: number): number };

/** Null when there are too few segments to learn from. */
export function fitBoundary(input: BoundaryInput): BoundaryFit | null {
  const n = input.layerMs.length;
  const usable = input.segments.filter(({ from, to, ms }) => from >= 0 && to <= n && from < to && to - from < n && ms > 0);
  if (usable.length < MIN_SEGMENTS) return null;
  const order = shuffled(usable, seededRandom(input.seed));
  const left = order.map((segment, index) => ({ segment, ...predict(input, order.filter((_, other) => other % FOLDS !== index % FOLDS), segment) }));
  const missed = (of: (one: (typeof left)[number]) => number) => (left.reduce((total, one) => total + Math.abs(of(one) - one.segment.ms) / one.segment.ms, 0) / left.length) * 100;
  const about = { segmentCount: order.length, heldOutCount: order.length, holdOutErrorPercent: missed((one) => one.fittedMs), sumErrorPercent: missed((one) => one.sumMs) };
  // What does not predict segments it has not seen better than sums alone has learnt noise.
  if (about.holdOutErrorPercent > about.sumErrorPercent) return { layerMs: [...input.layerMs], entryMs: zeros(n + 1), exitMs: zeros(n + 1), ...about };
  return { ...apply(input, learn(input, usable)), ...about };
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);

/** A segment by what the others teach, and by its layers' sum. */
function predict(input: BoundaryInput, seen: readonly MeasuredSegment[], { from, to }: MeasuredSegment): { fittedMs: number; sumMs: number } {
  const { layerMs, entryMs, exitMs } = apply(input, learn(input, seen));
  const sum = (values: readonly number[]) => values.slice(from, to).reduce((total, ms) => total + ms, 0);
  return { fittedMs: sum(layerMs) + (entryMs[from] ?? 0) + (exitMs[to] ?? 0), sumMs: sum(input.layerMs) };
}

function learn(input: BoundaryInput, segments: readonly MeasuredSegment[]): Fitted {
  const n = input.layerMs.length;
  const prefix = prefixOf(input.layerMs);
  const wholeMs = prefix[n] ?? 0;
  const knots = [...new Set(segments.flatMap(({ from, to }) => [from, to]))].filter((at) => at > 0 && at < n).sort((a, b) => a - b);
  const bytesAt = (at: number) => input.cuts[at - 1]?.bytes ?? 0;
  const mostBytes = Math.max(1, ...knots.map(bytesAt));
  // Unknowns: shift and own part of each knot, then the two terms of the prior, all in units of what is expected of them.
  const size = knots.length * 2 + 2;
  const rows = segments.map(({ from, to, ms }) => {
    const row = new Array<number>(size).fill(0);
    for (const [at, sign] of [[from, -1], [to, 1]] as const) {
      const knot = knots.indexOf(at);
      if (knot < 0) continue;
      row[knot] = (row[knot] ?? 0) + sign * SHIFT_SHARE * wholeMs;
      row[knots.length + knot] = 0.5 * CUT_SHARE * wholeMs;
      row[size - 2] = (row[size - 2] ?? 0) + 0.5 * PRIOR_SHARE * wholeMs;
      row[size - 1] = (row[size - 1] ?? 0) + (0.5 * PRIOR_SHARE * wholeMs * bytesAt(at)) / mostBytes;
    }
    const noiseMs = NOISE_SHARE * (ms + NOISE_FLOOR_SHARE * wholeMs);
    return { terms: row.map((term) => term / noiseMs), target: (ms - ((prefix[to] ?? 0) - (prefix[from] ?? 0))) / noiseMs };
  });
  const solution = huberRidge(rows, size);
  const [constant, slope] = [Math.max(0, solution[size - 2] ?? 0) * PRIOR_SHARE * wholeMs, (Math.max(0, solution[size - 1] ?? 0) * PRIOR_SHARE * wholeMs) / mostBytes];
  const known = [{ at: 0, ms: 0 }, ...knots.map((at, knot) => ({ at, ms: (solution[knot] ?? 0) * SHIFT_SHARE * wholeMs })), { at: n, ms: 0 }];
  return {
    shiftAt: (position) => interpolate(known, prefix, position),
    cutAt: (position) => Math.max(0, constant + slope * bytesAt(position) + (solution[knots.length + knots.indexOf(position)] ?? 0) * (knots.includes(position) ? CUT_SHARE * wholeMs : 0)),
  };
}

function huberRidge(rows: readonly { terms: number[]; target: number }[], size: number): number[] {
  let solution = new Array<number>(size).fill(0);
  for (let round = 0; round < ROUNDS; round++) {
    const matrix = Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)));
    const right = new Array<number>(size).fill(0);
    for (const { terms, target } of rows) {
      const residual = target - terms.reduce((sum, term, index) => sum + term * (solution[index] ?? 0), 0);
      const weight = round === 0 || Math.abs(residual) <= HUBER ? 1 : HUBER / Math.abs(residual);
      for (const [i, a] of terms.entries()) {
        if (a === 0) continue;
        right[i] = (right[i] ?? 0) + weight * a * target;
        const line = matrix[i] as number[];
        for (const [j, b] of terms.entries()) line[j] = (line[j] ?? 0) + weight * a * b;
      }
    }
    solution = solveLinear(matrix, right);
  }
  return solution;
}

/** Layer times from the moved prefix sums, which may only grow; cuts' terms, half where the segment before ends and half where the next begins. */
function apply(input: BoundaryInput, fitted: Fitted): Pick<BoundaryFit, "layerMs" | "entryMs" | "exitMs"> {
  const n = input.layerMs.length;
  const prefix = prefixOf(input.layerMs);
  const wholeMs = prefix[n] ?? 0;
  const moved = prefix.map((ms, at) => (at === 0 ? 0 : at === n ? wholeMs : ms + fitted.shiftAt(at)));
  for (let at = 1; at <= n; at++) moved[at] = Math.min(wholeMs, Math.max(moved[at] ?? 0, moved[at - 1] ?? 0));
  const halfMs = Array.from({ length: n + 1 }, (_, at) => (at === 0 || at === n || !input.cuts[at - 1]?.legal ? 0 : fitted.cutAt(at) / 2));
  return { layerMs: input.layerMs.map((_, index) => (moved[index + 1] ?? 0) - (moved[index] ?? 0)), entryMs: halfMs, exitMs: [...halfMs] };
}

/** Between two known positions in proportion to the time that lies between them. */
function interpolate(known: readonly { at: number; ms: number }[], prefix: readonly number[], position: number): number {
  const next = known.findIndex(({ at }) => at >= position);
  const [right, left] = [known[next], known[next - 1]];
  if (!right) return 0;
  if (!left || right.at === position) return right.ms;
  const [start, end, here] = [prefix[left.at] ?? 0, prefix[right.at] ?? 0, prefix[position] ?? 0];
  const share = end > start ? (here - start) / (end - start) : (position - left.at) / (right.at - left.at);
  return left.ms + (right.ms - left.ms) * share;
}

function prefixOf(layerMs: readonly number[]): number[] {
  const sums = [0];
  for (const ms of layerMs) sums.push((sums.at(-1) ?? 0) + ms);
  return sums;
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const order = [...values];
  for (let index = order.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [order[index], order[other]] = [order[other] as T, order[index] as T];
  }
  return order;
}
