"use client";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { api, type DeploymentFull } from "../api.ts";
import { ChartGroup } from "../chart/ChartGroup.tsx";
import { type ChartLine, type ChartSpec, predictedBand } from "../chart/chart-data.ts";
import { mergePoints } from "../chart/chart-points.ts";
import { STORED_REFETCH_MS } from "../chart/stored-refetch.ts";
import { useMarkers } from "../chart/use-markers.ts";
import { useShownSpan } from "../chart/use-span.ts";
import { digits, ms, perSecond } from "../format.ts";
import { type HistoryPoint, useLive } from "../live/live-store.ts";
import { isProcessed } from "./is-processed.ts";

const NO_POINTS: HistoryPoint[] = [];
const LATENCY: ChartSpec<HistoryPoint> = {
  key: "latency", title: "Latency", write: ms, band: predictedBand("predicted ± 15 %", (point) => point.predictedLatencyMs),
  lines: [{ key: "p50", label: "p50", colour: "accent", of: (point) => point.latencyMsP50 }, { key: "p99", label: "p99", colour: "ink", dash: [6, 3], of: (point) => point.latencyMsP99 }],
};
/** Where a model's processor takes a part of the latency: what the prediction is of. */
const WITHOUT_PROCESSOR: ChartLine<HistoryPoint> = { key: "pipeline", label: "p50 without processor", colour: "accent", dash: [2, 3], of: (point) => point.pipelineMsP50 };
const REST: ChartSpec<HistoryPoint>[] = [
  {
    key: "rate", title: "Requests", write: perSecond, atLeast: 1,
    lines: [{ key: "rate", label: "finished", colour: "accent", of: (point) => point.requestsPerSecond }],
  },
  {
    key: "errors", title: "Errors", atLeast: 1, write: (value) => (value == null ? { text: "–", unit: "" } : { text: digits(value), unit: "errors/s" }),
    lines: [{ key: "errors", label: "failed", colour: "bad", of: (point) => point.errorsPerSecond }],
  },
];
const SPECS = [LATENCY, ...REST];
const SPECS_PROCESSED = [{ ...LATENCY, lines: [...LATENCY.lines, WITHOUT_PROCESSOR] }, ...REST];

/** Requests and latency of a deployment, the prediction as a band behind the measurement. */
export function Charts({ deployment, aside }: { deployment: DeploymentFull; aside?: ReactNode }) {
  const time = useShownSpan();
  const { minutes } = time;
  const stored = useQuery({ ...api.deployments.metrics.queryOptions({ id: deployment.id, minutes }), staleTime: STORED_REFETCH_MS, refetchInterval: STORED_REFETCH_MS, placeholderData: (before) => before }).data;
  const live = useLive((state) => state.history[deployment.id] ?? NO_POINTS);
  const points = useMemo(() => mergePoints((stored ?? []).map((one): HistoryPoint => ({ ...one, atMs: Date.parse(one.at) })), live), [stored, live]);
  const markers = useMarkers(deployment.id);
  return <ChartGroup label={`Charts of ${deployment.name}`} points={points} specs={points.some(isProcessed) ? SPECS_PROCESSED : SPECS} markers={markers} time={time} aside={aside} />;
}
