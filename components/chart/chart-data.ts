// Owns what a chart is, before anything draws it: lines over one row of times, a predicted band, and how a value is written. Pure.
import type { Written } from "../format.ts";

/** Undefined = not told at this time, which is no gap: the line goes on to the next value. Null = nothing was told. */
export type Values = (number | null | undefined)[];
export type ChartLine<P> = { key: string; label: string; colour: "accent" | "ink" | "bad" | "warn" | "ok"; dash?: number[]; of: (point: P) => number | null | undefined };
/** A line with what it may be off by. */
export type ChartBand<P> = { label: string; low: (point: P) => number | null | undefined; middle: (point: P) => number | null | undefined; high: (point: P) => number | null | undefined };
export type ChartSpec<P> = { key: string; title: string; lines: ChartLine<P>[]; band?: ChartBand<P>; write: (value: number | null | undefined) => Written; /** Least upper end of the axis. */ atLeast?: number };

/**
 * A prediction is drawn as wide as the cost model is held to: the benchmark of predictions asks for a mean error of at most 15 %.
 * It says nothing of queueing under load, which no prediction of one request alone can know.
 */
export const PREDICTION_TOLERANCE_RATIO = 0.15;

export function predictedBand<P>(label: string, of: (point: P) => number | null | undefined): ChartBand<P> {
  const scaled = (factor: number) => (point: P) => { const value = of(point); return value == null ? value : value * factor; };
  return { label, middle: of, low: scaled(1 - PREDICTION_TOLERANCE_RATIO), high: scaled(1 + PREDICTION_TOLERANCE_RATIO) };
}

/** Null points are gaps. */
export const valuesOf = <P>(points: readonly (P | null)[], of: (point: P) => number | null | undefined): Values => points.map((point) => (point === null ? null : of(point)));

/** Rows of the table view: the newest first, at most `limit`, spread over all of the span. */
export function tableIndexes(points: readonly unknown[], from: number, to: number, limit: number): number[] {
  const count = to - from + 1;
  const step = Math.max(1, Math.ceil(count / limit));
  const rows: number[] = [];
  for (let index = to; index >= from && index >= 0; index -= step) if (points[index] !== null) rows.push(index);
  return rows;
}
