// Owns the difference of two runs, with the interval it lies in, and what of it is surely worse.
// Intervals of a difference from the two own intervals: G. Y. Zou, A. Donner, Statistics in Medicine 27(10), 2008 (MOVER). An accuracy's, sample by sample: see paired-interval.ts.
import type { GradedAnswers } from "./accuracy-report.ts";
import type { Comparable, Figure } from "./comparable.ts";
import { pairedInterval } from "./paired-interval.ts";
import type { Interval } from "./quantile-interval.ts";
import { whyNotCompared } from "./why-not-compared.ts";

/** `pairs`: of samples that both runs asked, those right after only, and before only. */
export type Difference = { name: string; unit: Figure["unit"]; before: number; after: number; /** after − before. */ by: number; /** of `before`. */ share: number; /** 95 %; null = one of the two has none, and `why`. */ interval: Interval | null; why: string | null; kind: "better" | "worse" | "no difference seen" | "cannot be told"; pairs?: { gained: number; lost: number } };
/** `latency`: how much worse as a share, of rates too. `accuracy`: how many of all samples more are wrong, 0 to 1. */
export type Tolerances = { latency: number; accuracy: number };

/** Empty where `whyNotCompared` has a word. */
export function compareRuns(before: Comparable, after: Comparable): Difference[] {
  if (whyNotCompared(before, after) !== null) return [];
  const [old, now] = [before.accuracy?.graded ?? null, after.accuracy?.graded ?? null];
  if (old && now) return [pairedDifference(old, now)];
  const olds = comparedFigures(before);
  return comparedFigures(after).flatMap((figure) => {
    const same = olds.find(({ name }) => name === figure.name);
    return same ? [difference(same, figure)] : [];
  });
}

/** In Server a rate is what was asked, in Offline a latency the place in the queue: neither says how fast a system is. */
export function comparedFigures({ figures, settings }: Comparable): Figure[] {
  const idle = settings?.scenario === "Server" ? "1/s" : settings?.scenario === "Offline" ? "ns" : null;
  return figures.filter(({ unit }) => unit !== idle);
}

function pairedDifference(before: GradedAnswers, after: GradedAnswers): Difference {
  const count = before.outcomes.length;
  const right = ({ outcomes }: GradedAnswers, at: number) => outcomes[at] === "r";
  const samples = Array.from({ length: count }, (_, at) => ({ was: right(before, at), is: right(after, at) }));
  const pairs = { gained: samples.filter(({ was, is }) => is && !was).length, lost: samples.filter(({ was, is }) => was && !is).length };
  const [old, now] = [samples.filter(({ was }) => was).length / count, samples.filter(({ is }) => is).length / count];
  const interval = pairedInterval(pairs.gained, pairs.lost, count);
  const kind = interval.low > 0 ? "better" : interval.high < 0 ? "worse" : "no difference seen";
  return { name: "accuracy", unit: "share", before: old, after: now, by: now - old, share: old === 0 ? 0 : (now - old) / old, interval, why: null, kind, pairs };
}

function difference(before: Figure, after: Figure): Difference {
  const by = after.value - before.value;
  const interval = before.interval && after.interval && {
    low: by - Math.hypot(after.value - after.interval.low, before.interval.high - before.value),
    high: by + Math.hypot(after.interval.high - after.value, before.value - before.interval.low),
  };
  const isBetter = after.better === "less" ? by < 0 : by > 0;
  const kind = interval === null ? "cannot be told" : interval.low <= 0 && interval.high >= 0 ? "no difference seen" : isBetter ? "better" : "worse";
  const why = interval === null ? [unknown(before, "Before"), unknown(after, "After")].filter((text) => text !== "").join(" ") : null;
  return { name: after.name, unit: after.unit, before: before.value, after: after.value, by, share: by / before.value, interval, why, kind };
}

function unknown({ interval, why }: Figure, when: string): string {
  return interval === null ? `${when}: ${why ?? "it has no interval."}` : "";
}

/** Figures worse by more than is tolerated where the interval leaves no doubt that they are worse at all. */
export function findRegressions(differences: readonly Difference[], tolerances: Tolerances): Difference[] {
  return differences.filter(({ kind, unit, share, by }) => kind === "worse" && (unit === "share" ? -by > tolerances.accuracy : Math.abs(share) > tolerances.latency));
}
