// Owns the difference of two runs, with the interval it lies in, and whether a run is worse than a baseline.
// Intervals of a difference from the two own intervals: G. Y. Zou, A. Donner, Statistics in Medicine 27(10), 2008 (MOVER).
import type { Interval } from "./quantile-interval.ts";

/** What is kept of a run for comparing. */
export type Comparable = { figures: Figure[] };
export type Figure = { name: string; value: number; interval: Interval | null; unit: "ns" | "1/s"; /** Which way is better. */ better: "less" | "more" };
export type Difference = { name: string; unit: Figure["unit"]; before: number; after: number; /** after − before. */ by: number; /** of `before`. */ share: number; /** 95 %; null = one of the two has none. */ interval: Interval | null; kind: "better" | "worse" | "no difference seen" };

export function compareRuns(before: Comparable, after: Comparable): Difference[] {
  return after.figures.flatMap((figure) => {
    const old = before.figures.find(({ name }) => name === figure.name);
    return old ? [difference(old, figure)] : [];
  });
}

function difference(before: Figure, after: Figure): Difference {
  const by = after.value - before.value;
  const interval = before.interval && after.interval && {
    low: by - Math.hypot(after.value - after.interval.low, before.interval.high - before.value),
    high: by + Math.hypot(after.interval.high - after.value, before.value - before.interval.low),
  };
  const isSeen = interval !== null && (interval.low > 0 || interval.high < 0);
  const isBetter = after.better === "less" ? by < 0 : by > 0;
  return { name: after.name, unit: after.unit, before: before.value, after: after.value, by, share: by / before.value, interval, kind: isSeen ? (isBetter ? "better" : "worse") : "no difference seen" };
}

/** Figures worse by more than `tolerance` (a share) where the interval leaves no doubt that they are worse at all; empty = the gate is open. */
export function findRegressions(differences: readonly Difference[], tolerance: number): Difference[] {
  return differences.filter(({ kind, share }) => kind === "worse" && Math.abs(share) > tolerance);
}
