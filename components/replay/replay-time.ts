// Owns the arithmetic of looking back: what span is shown, which moment of it, and where its marks lie. Pure.

/** Figures are means over so long. */
export const STEP_MS = 10_000;
export const SPANS = [["15", "15 min"], ["60", "1 h"], ["360", "6 h"], ["1440", "24 h"]] as const;
export const DEFAULT_SPAN_MINUTES = 15;
export type TrackSpan = { fromMs: number; toMs: number };

/** Where the newest span ends. */
export const lastMoment = (nowMs: number): number => Math.floor(nowMs / STEP_MS) * STEP_MS;

export function readSpanMinutes(text: string | null): number {
  return SPANS.some(([minutes]) => minutes === text) ? Number(text) : DEFAULT_SPAN_MINUTES;
}

/** A moment in an address; null = none, or not one. */
export function readMoment(text: string | null): number | null {
  const atMs = text === null ? Number.NaN : Date.parse(text);
  return Number.isNaN(atMs) ? null : atMs;
}

/** The span that ends now; with a moment before it, the span around that moment. */
export function trackSpan(atMs: number | null, minutes: number, nowMs: number): TrackSpan {
  const lengthMs = minutes * 60_000;
  const last = lastMoment(nowMs);
  if (atMs === null || atMs > last - lengthMs) return { fromMs: last - lengthMs, toMs: last };
  const middle = Math.floor(atMs / STEP_MS) * STEP_MS;
  return { fromMs: middle - lengthMs / 2, toMs: middle + lengthMs / 2 };
}

export const within = (atMs: number, { fromMs, toMs }: TrackSpan): number => Math.min(toMs, Math.max(fromMs, atMs));

/** The next mark after, or the last one before; null when there is none. */
export function markBeside(marks: readonly { at: string }[], atMs: number, side: "next" | "previous"): number | null {
  const times = marks.map((mark) => Date.parse(mark.at));
  return (side === "next" ? times.find((time) => time > atMs) : times.findLast((time) => time < atMs)) ?? null;
}

/** Of the span, 0 to 1. */
export const shareOf = (atMs: number, { fromMs, toMs }: TrackSpan): number => (atMs - fromMs) / (toMs - fromMs);

/** A line through [0, 1000] × [0, `height`]; a gap longer than `gapMs` stays a gap. */
export function linePath(points: readonly { at: string; value: number | null }[], span: TrackSpan, scale: { height: number; most: number; gapMs: number }): string {
  let path = "";
  let beforeMs: number | null = null;
  for (const { at, value } of points) {
    const atMs = Date.parse(at);
    if (value === null) { beforeMs = null; continue; }
    const x = shareOf(atMs, span) * 1000;
    const y = scale.height - (scale.most > 0 ? value / scale.most : 0) * scale.height;
    path += `${beforeMs !== null && atMs - beforeMs <= scale.gapMs ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    beforeMs = atMs;
  }
  return path;
}
