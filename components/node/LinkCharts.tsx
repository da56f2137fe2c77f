"use client";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { api } from "../api.ts";
import { ChartGroup } from "../chart/ChartGroup.tsx";
import { type ChartSpec, predictedBand } from "../chart/chart-data.ts";
import { mergePoints } from "../chart/chart-points.ts";
import { STORED_REFETCH_MS } from "../chart/stored-refetch.ts";
import { useCollected } from "../chart/use-collected.ts";
import { useMarkers } from "../chart/use-markers.ts";
import { useShownSpan } from "../chart/use-span.ts";
import { bytesPerSecond, ms } from "../format.ts";
import type { PlannedLink } from "./planned-link.ts";
import { usePlannedLink } from "./use-planned-link.ts";

type LinkPoint = { atMs: number; rttMs: number; bandwidthBytesPerSecond: number | null; bytesPerSecond: number };

/** What is probed beside what the plan over this link counts with. */
function specsOf(planned: PlannedLink | null): ChartSpec<LinkPoint>[] {
  const bandwidth = planned?.bandwidthBytesPerSecond ?? null;
  return [
    // Before the first probe there is only traffic.
    {
      key: "rtt", title: "Round trip", write: ms, lines: [{ key: "rtt", label: "probed", colour: "accent", of: (point) => (point.rttMs > 0 ? point.rttMs : undefined) }],
      ...(planned && planned.roundTripMs > 0 ? { band: predictedBand("predicted ± 15 %", () => planned.roundTripMs) } : {}),
    },
    { key: "traffic", title: "Traffic", write: bytesPerSecond, lines: [{ key: "traffic", label: "our frames", colour: "accent", of: (point) => point.bytesPerSecond }] },
    {
      key: "bandwidth", title: "Bandwidth", write: bytesPerSecond, lines: [{ key: "bandwidth", label: "probed", colour: "accent", of: (point) => point.bandwidthBytesPerSecond ?? undefined }],
      ...(bandwidth === null ? {} : { band: predictedBand("predicted ± 15 %", () => bandwidth) }),
    },
  ];
}

export function LinkCharts({ fromNodeId, toNodeId, name, aside }: { fromNodeId: string; toNodeId: string; name: string; aside?: ReactNode }) {
  const time = useShownSpan();
  const { minutes } = time;
  const stored = useQuery({ ...api.nodes.linkMetrics.queryOptions({ id: fromNodeId, toNodeId, minutes }), staleTime: STORED_REFETCH_MS, refetchInterval: STORED_REFETCH_MS, placeholderData: (before) => before }).data;
  const key = `${fromNodeId}>${toNodeId}`;
  const live = useCollected(key, (state) => state.links[key], (link, atMs): LinkPoint => ({ atMs, ...link }));
  const points = useMemo(() => mergePoints((stored ?? []).map((one): LinkPoint => ({ ...one, atMs: Date.parse(one.at) })), live), [stored, live]);
  const markers = useMarkers(toNodeId);
  const planned = usePlannedLink(fromNodeId, toNodeId);
  const [roundTripMs, bandwidth] = [planned?.roundTripMs ?? null, planned?.bandwidthBytesPerSecond ?? null];
  const specs = useMemo(() => specsOf(roundTripMs === null ? null : { roundTripMs, bandwidthBytesPerSecond: bandwidth }), [roundTripMs, bandwidth]);
  return <ChartGroup label={`Charts of the link ${name}`} points={points} specs={specs} markers={markers} time={time} aside={aside} />;
}
