// Owns which span of time a chart shows: following the newest point, or a span somebody chose, and what keys and drags make of it. Pure.

export type Span = { fromMs: number; toMs: number };

export const SPANS_MINUTES = [5, 15, 60, 360, 1440] as const;
/** Nearer there is nothing more to see at one sample a second. */
export const LEAST_SPAN_MS = 5_000;
/** One press of + or −. */
const ZOOM_FACTOR = 2;
/** One press of an arrow with Shift, in spans. */
const PAN_SHARE = 0.25;

/** What is shown: the chosen span, else the last minutes up to the newest point. */
export function shownSpan(zoom: Span | null, minutes: number, newestMs: number): Span {
  return zoom ?? { fromMs: newestMs - minutes * 60_000, toMs: newestMs };
}

/** A dragged span, in whichever direction; null when it is too short to have been meant. */
export function draggedSpan(aMs: number, bMs: number): Span | null {
  const [fromMs, toMs] = [Math.min(aMs, bMs), Math.max(aMs, bMs)];
  return toMs - fromMs < LEAST_SPAN_MS / 5 ? null : keepWide({ fromMs, toMs });
}

/** Closer or wider around `centreMs`, never beyond `bounds`. Null = wide enough to show everything again. */
export function zoomed(span: Span, direction: "in" | "out", centreMs: number, bounds: Span): Span | null {
  const factor = direction === "in" ? 1 / ZOOM_FACTOR : ZOOM_FACTOR;
  const centre = Math.min(span.toMs, Math.max(span.fromMs, centreMs));
  const next = keepWide({ fromMs: centre - (centre - span.fromMs) * factor, toMs: centre + (span.toMs - centre) * factor });
  if (next.toMs - next.fromMs >= bounds.toMs - bounds.fromMs) return null;
  return within(next, bounds);
}

/** A quarter of what is shown earlier or later, as far as there is something. */
export function panned(span: Span, direction: "earlier" | "later", bounds: Span): Span {
  const byMs = (span.toMs - span.fromMs) * PAN_SHARE * (direction === "earlier" ? -1 : 1);
  return within({ fromMs: span.fromMs + byMs, toMs: span.toMs + byMs }, bounds);
}

function keepWide({ fromMs, toMs }: Span): Span {
  const missingMs = Math.max(0, LEAST_SPAN_MS - (toMs - fromMs)) / 2;
  return { fromMs: fromMs - missingMs, toMs: toMs + missingMs };
}

function within(span: Span, bounds: Span): Span {
  const length = Math.min(span.toMs - span.fromMs, bounds.toMs - bounds.fromMs);
  const fromMs = Math.min(Math.max(span.fromMs, bounds.fromMs), bounds.toMs - length);
  return { fromMs, toMs: fromMs + length };
}

/** "15 min", "6 h". */
export const spanName = (minutes: number): string => (minutes < 60 ? `${minutes} min` : `${minutes / 60} h`);
