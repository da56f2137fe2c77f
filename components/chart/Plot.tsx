"use client";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { type Written, written } from "../format.ts";
import { useTheme } from "../shell/theme.ts";
import { type ChartSpec, valuesOf } from "./chart-data.ts";
import type { Marker } from "./chart-markers.ts";
import { draggedSpan, type Span } from "./chart-window.ts";
import { thinPoints } from "./thin-points.ts";

const COLOURS = { accent: "--accent", ink: "--ink-3", bad: "--bad", warn: "--warn", ok: "--ok" } as const;
/** A pixel each; no chart here is wider than a screen. */
const SLICES = 1_200;
const MARKER_COLOURS = { accent: "--accent", bad: "--bad", idle: "--ink-3" } as const;

type Props<P> = {
  spec: ChartSpec<P>; timesMs: number[]; points: (P | null)[]; span: Span; markers: readonly Marker[]; heightPx: number;
  /** Where the crosshair is, in every chart of the group. */
  crossMs: number | null;
  onCross: (atMs: number | null) => void;
  /** Null = everything again. */
  onZoom: (span: Span | null) => void;
};
/** What the plot's hooks read: they are made once. */
type Now<P> = Pick<Props<P>, "span" | "markers" | "onCross" | "onZoom">;

/** Draws one chart. What is shown and where the crosshair stands is decided by its group. */
export function Plot<P>(props: Props<P>) {
  const { spec, timesMs, points, span, markers, heightPx, crossMs } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const now = useRef<Now<P>>(props);
  now.current = props;
  const theme = useTheme((state) => state.theme);
  const lines = spec.lines.map((line) => line.key).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew for other lines or colours; everything else is set on it
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = new uPlot(optionsOf(spec, now, element.clientWidth, heightPx), [[]] as unknown as uPlot.AlignedData, element);
    plot.current = made;
    const resize = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: heightPx }));
    resize.observe(element);
    return () => { resize.disconnect(); made.destroy(); plot.current = null; };
  }, [spec.key, lines, spec.band !== undefined, theme, heightPx]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a plot made anew has no data yet
  useEffect(() => {
    const { band } = spec;
    const series = [...(band ? [band.high, band.low, band.middle] : []), ...spec.lines.map((line) => line.of)];
    plot.current?.batch((made: uPlot) => {
      const drawn = thinPoints(timesMs, series.map((of) => valuesOf(points, of)), span, Math.min(SLICES, Math.max(1, made.over.clientWidth)));
      made.setData([drawn.timesMs.map((ms) => ms / 1000), ...drawn.series] as uPlot.AlignedData, false);
      if (box.current) box.current.dataset.points = String(drawn.timesMs.length);
      made.setScale("x", { min: span.fromMs / 1000, max: span.toMs / 1000 });
    });
  }, [spec, timesMs, points, span.fromMs, span.toMs, markers, theme, lines]);
  useEffect(() => {
    const made = plot.current;
    if (!made) return;
    const left = crossMs === null ? -10 : made.valToPos(crossMs / 1000, "x");
    made.setCursor({ left: left < 0 || left > made.over.clientWidth ? -10 : left, top: crossMs === null ? -10 : 0 }, false);
  }, [crossMs]);
  return <div ref={box} aria-hidden data-testid="plot" />;
}

function optionsOf<P>(spec: ChartSpec<P>, now: { current: Now<P> }, width: number, height: number): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour("--ink-3"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 }, font: "10px Geist Mono Variable" };
  const hidden = { points: { show: false }, stroke: "transparent" };
  const band: uPlot.Series[] = spec.band ? [hidden, hidden, { points: { show: false }, stroke: colour("--warn"), dash: [2, 4], width: 1.25 }] : [];
  return {
    width, height, padding: [6, 8, 0, 0], legend: { show: false },
    cursor: { y: false, drag: { x: true, y: false, setScale: false }, points: { size: 5 }, bind: { dblclick: () => () => { now.current.onZoom(null); return null; } } },
    series: [{}, ...band, ...spec.lines.map((line) => ({ label: line.label, stroke: colour(COLOURS[line.colour]), width: 1.5, points: { show: false }, spanGaps: false, ...(line.dash ? { dash: line.dash } : {}) }))],
    bands: spec.band ? [{ series: [1, 2], fill: `color-mix(in oklch, ${colour("--warn")} 16%, transparent)` }] : [],
    axes: [{ ...axis, values: (_, at) => at.map((one) => new Date(one * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" })), space: 90, size: 26 }, { ...axis, size: 72, values: (_, at) => at.map((one) => axisText(spec.write(one))), space: 22 }],
    scales: { x: { time: true }, y: { range: (_, __, high) => [0, Math.max(spec.atLeast ?? 0, (high ?? 0) * 1.12) || 1] } },
    hooks: {
      setCursor: [(plot) => { const { left, idx } = plot.cursor; now.current.onCross(left === undefined || left < 0 || idx == null ? null : (plot.data[0][idx] as number) * 1000); }],
      setSelect: [(plot) => {
        const { left, width: wide } = plot.select;
        if (wide <= 0) return;
        plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        const chosen = draggedSpan(plot.posToVal(left, "x") * 1000, plot.posToVal(left + wide, "x") * 1000);
        if (chosen) now.current.onZoom(chosen);
      }],
      draw: [(plot) => drawMarkers(plot, now.current, colour)],
    },
  };
}

/** Longer units stand beside the values above; there is no room for them at every line. */
const axisText = (value: Written): string => (value.unit.length > 4 ? value.text : written(value));

/** A line from top to bottom with its word: cutovers and other events that explain a step in a curve. */
function drawMarkers<P>(plot: uPlot, { span, markers }: Now<P>, colour: (name: string) => string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.font = `${10 * devicePixelRatio}px Geist Variable, sans-serif`;
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  ctx.lineWidth = devicePixelRatio;
  // Words that would lie on each other go one line down, three at most.
  const freeFrom = [0, 0, 0];
  for (const marker of markers) {
    if (marker.atMs < span.fromMs || marker.atMs > span.toMs) continue;
    const x = Math.round(plot.valToPos(marker.atMs / 1000, "x", true)) + 0.5;
    ctx.strokeStyle = ctx.fillStyle = colour(MARKER_COLOURS[marker.tone]);
    ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const wide = ctx.measureText(marker.label).width;
    const flips = x + wide + 8 * devicePixelRatio > bbox.left + bbox.width;
    const from = flips ? x - wide - 3 * devicePixelRatio : x + 3 * devicePixelRatio;
    const line = freeFrom.findIndex((free) => from >= free);
    if (line < 0) continue;
    freeFrom[line] = from + wide + 3 * devicePixelRatio;
    ctx.fillText(marker.label, from, bbox.top + (9 + 11 * line) * devicePixelRatio);
  }
  ctx.restore();
}
