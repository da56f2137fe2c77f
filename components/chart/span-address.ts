// Owns how the span of time that charts show is written in the address: minutes back from now, and a part of them somebody zoomed to. Pure.
import { LEAST_SPAN_MS, SPANS_MINUTES, type Span } from "./chart-window.ts";

export const DEFAULT_MINUTES = 15;

/** Two moments, as seconds since 1970 with what a drag needs of fractions: "1764148658.2-1764148700". */
export const writeZoom = ({ fromMs, toMs }: Span): string => `${(fromMs / 1000).toFixed(1)}-${(toMs / 1000).toFixed(1)}`;

/** Null when the address has none, or one that nobody could have chosen. */
export function readZoom(text: string | null): Span | null {
  const [, from, to] = /^(\d{1,11}(?:\.\d+)?)-(\d{1,11}(?:\.\d+)?)$/.exec(text ?? "") ?? [];
  const span = { fromMs: Number(from) * 1000, toMs: Number(to) * 1000 };
  // A tenth of a second may be lost in writing.
  return span.toMs - span.fromMs >= LEAST_SPAN_MS - 200 ? span : null;
}

/** What the address asks for, or as much more as a zoom into the past needs. */
export function minutesOf(text: string | null, zoom: Span | null, nowMs: number): number {
  const asked = SPANS_MINUTES.find((one) => one === Number(text)) ?? DEFAULT_MINUTES;
  if (zoom === null || zoom.fromMs >= nowMs - asked * 60_000) return asked;
  return SPANS_MINUTES.find((one) => one >= asked && zoom.fromMs >= nowMs - one * 60_000) ?? (SPANS_MINUTES.at(-1) as number);
}
