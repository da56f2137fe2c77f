"use client";
import { useQueries, useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import type { StageSample } from "../../agents/protocol/control.ts";
import { api } from "../api.ts";
import { ChartGroup } from "../chart/ChartGroup.tsx";
import { type ChartSpec, predictedBand } from "../chart/chart-data.ts";
import { mergePoints } from "../chart/chart-points.ts";
import { STORED_REFETCH_MS } from "../chart/stored-refetch.ts";
import { useCollected } from "../chart/use-collected.ts";
import { useMarkers } from "../chart/use-markers.ts";
import { useShownSpan } from "../chart/use-span.ts";
import { bytes, digits, ms, percent } from "../format.ts";

type NodePoint = { atMs: number; cpuRatio: number; memoryUsedBytes: number; agentRssBytes: number; queueLength: number | null; stages: readonly StageSample[] };
const plain = (unit: string) => (value: number | null | undefined) => (value == null ? { text: "–", unit: "" } : { text: digits(value), unit });

const COMMON: ChartSpec<NodePoint>[] = [
  { key: "cpu", title: "CPU in use", write: percent, atLeast: 1, lines: [{ key: "cpu", label: "of its cores", colour: "accent", of: (point) => point.cpuRatio }] },
  { key: "memory", title: "Memory", write: bytes, lines: [{ key: "used", label: "machine", colour: "ink", dash: [6, 3], of: (point) => point.memoryUsedBytes }, { key: "agent", label: "agent and stages", colour: "accent", of: (point) => point.agentRssBytes }] },
  { key: "queue", title: "Queue", write: plain("frames"), atLeast: 4, lines: [{ key: "queue", label: "waiting", colour: "accent", of: (point) => point.queueLength }] },
];

/** What a machine does, and each of its stages beside what was predicted for it. */
export function NodeCharts({ nodeId, nodeName, aside }: { nodeId: string; nodeName: string; aside?: ReactNode }) {
  const time = useShownSpan();
  const { minutes } = time;
  const stored = useQuery({ ...api.nodes.metrics.queryOptions({ id: nodeId, minutes }), staleTime: STORED_REFETCH_MS, refetchInterval: STORED_REFETCH_MS, placeholderData: (before) => before }).data;
  const live = useCollected(nodeId, (state) => state.nodes[nodeId]?.sample, (sample, atMs): NodePoint => ({ atMs, ...sample, queueLength: sample.stages.reduce((sum, stage) => sum + stage.queueLength, 0) }));
  const points = useMemo(() => mergePoints((stored ?? []).map((one): NodePoint => ({ ...one, atMs: Date.parse(one.at) })), live), [stored, live]);
  const specs = useStageSpecs(points);
  const markers = useMarkers(nodeId);
  return <ChartGroup label={`Charts of ${nodeName}`} points={points} specs={specs} markers={markers} time={time} aside={aside} />;
}

/** A chart for each stage the node runs now. */
function useStageSpecs(points: readonly NodePoint[]): ChartSpec<NodePoint>[] {
  const key = JSON.stringify((points.findLast((point) => point.stages.length > 0)?.stages ?? []).map(({ assignmentId, deploymentId, stageIndex }) => ({ assignmentId, deploymentId, stageIndex })));
  const stages = useMemo(() => JSON.parse(key) as Pick<StageSample, "assignmentId" | "deploymentId" | "stageIndex">[], [key]);
  const ids = [...new Set(stages.map((stage) => stage.deploymentId))];
  const deployments = useQueries({ queries: ids.map((id) => api.deployments.get.queryOptions({ id })) }).map((query) => query.data);
  const predicted = JSON.stringify(stages.map((stage) => deployments[ids.indexOf(stage.deploymentId)]?.plan?.plan.estimate.stages[stage.stageIndex]?.computeMs ?? null));
  const names = JSON.stringify(stages.map((stage) => deployments[ids.indexOf(stage.deploymentId)]?.name ?? "stage"));
  return useMemo(() => {
    const [predictedMs, nameOf] = [JSON.parse(predicted) as (number | null)[], JSON.parse(names) as string[]];
    return [...COMMON, ...stages.map(({ assignmentId, stageIndex }, index): ChartSpec<NodePoint> => {
      // A moment that tells nothing of stages is no gap; one that tells of others only is.
      const read = (pick: (stage: StageSample) => number | null) => (point: NodePoint) => { if (point.stages.length === 0) return undefined; const own = point.stages.find((stage) => stage.assignmentId === assignmentId); return own ? pick(own) : null; };
      const expected = predictedMs[index] ?? null;
      return {
        key: assignmentId, title: `${nameOf[index]}, stage ${stageIndex + 1}: compute`, write: ms,
        lines: [{ key: "p50", label: "p50", colour: "accent", of: read((stage) => stage.computeMsP50) }, { key: "p99", label: "p99", colour: "ink", dash: [6, 3], of: read((stage) => stage.computeMsP99) }],
        ...(expected === null ? {} : { band: predictedBand("predicted ± 15 %", () => expected) }),
      };
    })];
  }, [stages, predicted, names]);
}
