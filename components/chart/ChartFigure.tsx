"use client";
import { written } from "../format.ts";
import type { ChartSpec } from "./chart-data.ts";
import type { Marker } from "./chart-markers.ts";
import { nearestIndex } from "./chart-points.ts";
import type { Span } from "./chart-window.ts";
import { Plot } from "./Plot.tsx";

const HEIGHT_PX = 124;
const SWATCHES = { accent: "var(--accent)", ink: "var(--ink-3)", bad: "var(--bad)", warn: "var(--warn)", ok: "var(--ok)" } as const;
/** A crosshair speaks of the markers this near to it, as a share of what is shown. */
const NEAR_SHARE = 0.012;

export type ChartProps<P> = { spec: ChartSpec<P>; data: { timesMs: number[]; points: (P | null)[] }; span: Span; markers: readonly Marker[]; crossMs: number | null; onCross: (atMs: number | null) => void; onZoom: (span: Span | null) => void };

/** A chart with its name and its values: those under the crosshair, else the newest. */
export function ChartFigure<P>({ spec, data, span, markers, crossMs, onCross, onZoom }: ChartProps<P>) {
  const index = crossMs === null ? data.points.findLastIndex((point) => point !== null) : nearestIndex(data.timesMs, crossMs);
  const point = data.points[index] ?? null;
  const atMs = data.timesMs[index];
  // Between two tellings the last one speaks.
  const value = (of: (point: P) => number | null | undefined) => {
    for (let back = index; back >= 0 && index - back < 12; back--) { const told = data.points[back]; const read = told === null || told === undefined ? null : of(told); if (read !== undefined) return read; }
    return null;
  };
  const near = crossMs === null ? [] : markers.filter((marker) => Math.abs(marker.atMs - crossMs) < (span.toMs - span.fromMs) * NEAR_SHARE);
  const rows = [...spec.lines.map((line) => ({ key: line.key, label: line.label, text: written(spec.write(value(line.of))), colour: SWATCHES[line.colour], dash: line.dash })), ...(spec.band ? [{ key: "band", label: spec.band.label, text: written(spec.write(value(spec.band.middle))), colour: SWATCHES.warn, dash: [2, 3] }] : [])];
  return (
    <figure className="min-w-0" data-testid="chart" data-chart={spec.key}>
      <figcaption className="flex flex-wrap items-baseline gap-x-3">
        <span className="eyebrow">{spec.title}</span>
        <span className="flex flex-wrap gap-x-3 text-xs" data-testid="chart-values">
          {rows.map((row) => <span key={row.key} className="inline-flex items-center gap-1.5"><svg width="14" height="4" aria-hidden><line x1="0" y1="2" x2="14" y2="2" stroke={row.colour} strokeWidth="2" {...(row.dash ? { strokeDasharray: row.dash.join(" ") } : {})} /></svg><span className="text-ink-3">{row.label}</span><span className="num">{row.text}</span></span>)}
          {crossMs !== null && atMs !== undefined && <span className="num text-ink-2" data-testid="chart-at">{new Date(atMs).toLocaleTimeString("en-GB")}{point === null ? ", nothing told" : ""}{near.map((marker) => `, ${marker.label}`).join("")}</span>}
        </span>
      </figcaption>
      <Plot spec={spec} timesMs={data.timesMs} points={data.points} span={span} markers={markers} heightPx={HEIGHT_PX} crossMs={crossMs} onCross={onCross} onZoom={onZoom} />
    </figure>
  );
}
