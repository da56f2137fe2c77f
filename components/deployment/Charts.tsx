"use client";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import { api, type DeploymentFull } from "../api.ts";
import { type HistoryPoint, useLive } from "../live/live-store.ts";
import { useTheme } from "../shell/theme.ts";

const MINUTES = 15;
const HEIGHT_PX = 118;
const NO_POINTS: HistoryPoint[] = [];
type Line = { label: string; colour: string; dash?: number[]; of: (point: HistoryPoint) => number | null };

const LATENCY: Line[] = [
  { label: "p50 ms", colour: "--accent", of: (point) => point.latencyMsP50 }, { label: "p99 ms", colour: "--ink-3", of: (point) => point.latencyMsP99 },
  { label: "predicted ms", colour: "--warn", dash: [2, 4], of: (point) => point.predictedLatencyMs },
];
const RATE: Line[] = [{ label: "requests/s", colour: "--accent", of: (point) => point.requestsPerSecond }, { label: "errors/s", colour: "--bad", dash: [6, 3], of: (point) => point.errorsPerSecond }];

/** Requests and latency of the last minutes, the prediction drawn beside the measurement. */
export function Charts({ deployment }: { deployment: DeploymentFull }) {
  const stored = useQuery({ ...api.deployments.metrics.queryOptions({ id: deployment.id, minutes: MINUTES }), staleTime: Number.POSITIVE_INFINITY }).data;
  const live = useLive((state) => state.history[deployment.id] ?? NO_POINTS);
  const points = useMemo(() => {
    const firstLive = live[0]?.atMs ?? Number.POSITIVE_INFINITY;
    const older = (stored ?? []).map((one): HistoryPoint => ({ ...one, atMs: Date.parse(one.at) })).filter((one) => one.atMs < firstLive);
    return [...older, ...live];
  }, [stored, live]);
  if (points.length < 2) return <p className="text-ink-2">No figures yet. They come once a second while requests pass.</p>;
  return <div className="grid gap-x-6 lg:grid-cols-2"><Chart title="Latency, ms" points={points} lines={LATENCY} /><Chart title="Requests a second" points={points} lines={RATE} /></div>;
}

function Chart({ title, points, lines }: { title: string; points: HistoryPoint[]; lines: Line[] }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const theme = useTheme((state) => state.theme);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the plot takes its colours from the theme when it is made
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis = { stroke: colour("--ink-3"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line"), width: 1 }, font: "10px Geist Mono Variable" };
    const made = new uPlot({
      width: element.clientWidth, height: HEIGHT_PX, cursor: { y: false, drag: { x: false, y: false } }, legend: { live: true },
      series: [{ value: (_, at) => (at == null ? "–" : new Date(at * 1000).toLocaleTimeString("en-GB")) }, ...lines.map((line) => ({ label: line.label, stroke: colour(line.colour), width: 1.5, points: { show: false }, ...(line.dash ? { dash: line.dash } : {}) }))],
      axes: [{ ...axis, values: (_, at) => at.map((one) => new Date(one * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" })), space: 90 }, { ...axis, size: 46 }],
      scales: { y: { range: (_, __, high) => [0, Math.max(1, (high ?? 1) * 1.1)] } },
    }, [[], ...lines.map(() => [])] as unknown as uPlot.AlignedData, element);
    plot.current = made;
    const resize = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    resize.observe(element);
    return () => { resize.disconnect(); made.destroy(); plot.current = null; };
  }, [lines, theme]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a plot made anew has no data yet
  useEffect(() => { plot.current?.setData([points.map((point) => point.atMs / 1000), ...lines.map((line) => points.map(line.of))]); }, [points, lines, theme]);
  const last = points.at(-1);
  const summary = lines.map((line) => `${line.label} ${last ? (line.of(last)?.toFixed(1) ?? "–") : "–"}`).join(", ");
  return <figure className="min-w-0"><figcaption className="eyebrow">{title}</figcaption><div ref={box} role="img" aria-label={`${title}: now ${summary}`} /></figure>;
}
