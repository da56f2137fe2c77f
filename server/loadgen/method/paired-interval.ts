// Owns how well the difference of two shares is known where both are of the same samples: the score interval of T. Tango, Statistics in Medicine 17(8), 1998, which is
// McNemar's test inverted: without 0 in it exactly where that test rejects (95 %, no continuity correction).
import type { Interval } from "./quantile-interval.ts";

const Z_95 = 1.959964;
/** Halvings of an interval no wider than 2: past what a double holds. */
const HALVINGS = 60;

/** `gained`: samples right only after, `lost`: only before; of `count`, at least one. Of after − before. */
export function pairedInterval(gained: number, lost: number, count: number): Interval {
  const difference = (gained - lost) / count;
  const score = (delta: number) => scoreOf(gained, lost, count, delta);
  return { low: crossing(score, -1, difference, Z_95), high: crossing(score, difference, 1, -Z_95) };
}

/** How far off `delta` the samples are, in standard errors under it; falls with `delta`. */
function scoreOf(gained: number, lost: number, count: number, delta: number): number {
  const b = (2 * count - gained + lost) * delta - gained - lost;
  const c = -lost * delta * (1 - delta);
  const lostShare = (Math.sqrt(Math.max(0, b * b - 8 * count * c)) - b) / (4 * count);
  const variance = count * (2 * lostShare + delta * (1 - delta));
  const apart = gained - lost - count * delta;
  return variance > 0 ? apart / Math.sqrt(variance) : apart === 0 ? 0 : apart * Number.POSITIVE_INFINITY;
}

function crossing(score: (delta: number) => number, from: number, to: number, at: number): number {
  let [low, high] = [from, to];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (score(middle) > at) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
