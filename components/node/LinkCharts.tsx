"use client";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { api } from "../api.ts";
import { ChartGroup } from "../chart/ChartGroup.tsx";
import type { ChartSpec } from "../chart/chart-data.ts";
import { mergePoints } from "../chart/chart-points.ts";
import { STORED_REFETCH_MS } from "../chart/stored-refetch.ts";
import { useCollected } from "../chart/use-collected.ts";
import { useMarkers } from "../chart/use-markers.ts";
import { useSpanMinutes } from "../chart/use-span.ts";
import { bytesPerSecond, ms } from "../format.ts";

type LinkPoint = { atMs: number; rttMs: number; bandwidthBytesPerSecond: number | null; bytesPerSecond: number };

const SPECS: ChartSpec<LinkPoint>[] = [
  // Before the first probe there is only traffic.
  { key: "rtt", title: "Round trip", write: ms, lines: [{ key: "rtt", label: "probed", colour: "accent", of: (point) => (point.rttMs > 0 ? point.rttMs : undefined) }] },
  { key: "traffic", title: "Traffic", write: bytesPerSecond, lines: [{ key: "traffic", label: "our frames", colour: "accent", of: (point) => point.bytesPerSecond }, { key: "bandwidth", label: "bandwidth, probed", colour: "ink", dash: [6, 3], of: (point) => point.bandwidthBytesPerSecond ?? undefined }] },
];

export function LinkCharts({ fromNodeId, toNodeId, name }: { fromNodeId: string; toNodeId: string; name: string }) {
  const [minutes, setMinutes] = useSpanMinutes();
  const stored = useQuery({ ...api.nodes.linkMetrics.queryOptions({ id: fromNodeId, toNodeId, minutes }), staleTime: STORED_REFETCH_MS, refetchInterval: STORED_REFETCH_MS, placeholderData: (before) => before }).data;
  const key = `${fromNodeId}>${toNodeId}`;
  const live = useCollected(key, (state) => state.links[key], (link, atMs): LinkPoint => ({ atMs, ...link }));
  const points = useMemo(() => mergePoints((stored ?? []).map((one): LinkPoint => ({ ...one, atMs: Date.parse(one.at) })), live), [stored, live]);
  const markers = useMarkers(toNodeId);
  return <ChartGroup label={`Charts of the link ${name}`} points={points} specs={SPECS} markers={markers} minutes={minutes} setMinutes={setMinutes} />;
}
