// Owns drawing a day as few points as there are pixels: of each slice of time the first point, the last one, and every line's lowest and highest stay, so
// that no spike is lost and no gap closes. Pure.
import type { Values } from "./chart-data.ts";
import type { Span } from "./chart-window.ts";
import { nearestIndex } from "./chart-points.ts";

export type Drawn = { timesMs: number[]; series: Values[] };

/** Of what `span` shows, and one point beyond each of its ends. At most `slices` × (2 + 2 × lines) + 2 points. */
export function thinPoints(timesMs: readonly number[], series: readonly Values[], span: Span, slices: number): Drawn {
  const first = Math.max(0, nearestIndex(timesMs, span.fromMs) - 1);
  const last = Math.min(timesMs.length - 1, nearestIndex(timesMs, span.toMs) + 1);
  const take = (indexes: readonly number[]): Drawn => ({ timesMs: indexes.map((index) => timesMs[index] as number), series: series.map((values) => indexes.map((index) => values[index])) });
  const all = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
  if (all.length <= slices) return take(all);
  const sliceMs = Math.max(1, span.toMs - span.fromMs) / slices;
  const sliceOf = (index: number) => Math.floor(((timesMs[index] as number) - span.fromMs) / sliceMs);
  const kept: number[] = [];
  for (let from = first; from <= last; ) {
    let to = from;
    while (to < last && sliceOf(to + 1) === sliceOf(from)) to++;
    kept.push(...keptOf(series, from, to));
    from = to + 1;
  }
  return take(kept);
}

/** Indexes of one slice that stay, ascending. */
function keptOf(series: readonly Values[], from: number, to: number): number[] {
  const kept = new Set([from, to]);
  for (const values of series) {
    let [lowest, highest, gap] = [-1, -1, -1];
    for (let index = from; index <= to; index++) {
      const value = values[index];
      if (value === null) gap = gap < 0 ? index : gap;
      if (value == null) continue;
      if (lowest < 0 || value < (values[lowest] as number)) lowest = index;
      if (highest < 0 || value > (values[highest] as number)) highest = index;
    }
    for (const index of [lowest, highest, gap]) if (index >= 0) kept.add(index);
  }
  return [...kept].sort((a, b) => a - b);
}
