// Owns what stretches of a load say: latencies and the longest time between two completions, of moves and of the steady stretches beside them. Pure.
import { quantile } from "./quantile.ts";

/** Milliseconds of the epoch. */
export type Served = { dueMs: number; doneMs: number; outcome: "equal" | "failed" | "lost" | "different" };
export type Stretch = { kind: "migration" | "re-split" | "steady"; fromMs: number; toMs: number };
export type StretchFigures = { requests: number; p50Ms: number; p99Ms: number; /** Of each stretch. */ gapsMs: number[]; longestGapMs: number };

/** A request belongs to the stretch it was due in, a gap to every stretch it reaches into: the one that begins before a move and ends in it counts. */
export function figuresOf(served: readonly Served[], stretches: readonly Stretch[]): StretchFigures {
  const completions = served.filter((one) => one.outcome === "equal").map((one) => one.doneMs).sort((a, b) => a - b);
  const latencies = served.filter((one) => one.outcome === "equal" && stretches.some((stretch) => one.dueMs >= stretch.fromMs && one.dueMs < stretch.toMs)).map((one) => one.doneMs - one.dueMs);
  const gapsMs = stretches.map((stretch) => longestGap(completions, stretch));
  return { requests: latencies.length, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99), gapsMs, longestGapMs: Math.max(0, ...gapsMs) };
}

function longestGap(completions: readonly number[], { fromMs, toMs }: Stretch): number {
  let longest = 0;
  for (let index = 1; index < completions.length; index++) {
    const [before, after] = [completions[index - 1] as number, completions[index] as number];
    if (after > fromMs && before < toMs) longest = Math.max(longest, after - before);
  }
  // What never came again lasts at least to the end.
  const last = completions.at(-1) ?? fromMs;
  return last < toMs ? Math.max(longest, toMs - last) : longest;
}
