// Owns the figures behind charts: seconds from memory for the last minutes, ten-second windows from the database before that.
import type { NodeSample } from "../../agents/protocol/control.ts";
import type { Deps } from "../commands/deps.ts";
import { linkKey, liveFleet } from "../live/live-fleet.ts";
import { RING_LENGTH, readSamples, type SampleRing, WINDOW_MS } from "../live/sample-ring.ts";
import { listMetricWindows } from "../store/metrics.ts";

/** Windows of older consoles have no `pipelineMsP50`: their latency left a processor out. */
type DeploymentWindow = { requestsPerSecond: number; errorsPerSecond: number; latencyMsP50: number | null; latencyMsP99: number | null; pipelineMsP50?: number | null; predictedLatencyMs: number | null };
type DeploymentMetric = DeploymentWindow & { at: string; pipelineMsP50: number | null };
type LinkWindow = { rttMs: number; bandwidthBytesPerSecond: number | null; bytesPerSecond: number };
type NodeWindow = { cpuRatio: number | null; memoryUsedBytes: number | null; agentRssBytes: number | null; /** Absent in windows of older consoles. */ agentCpuCores?: number | null; queueLength?: number | null; stages: NodeSample["stages"] };

export type NodeMetric = { at: string; cpuRatio: number; memoryUsedBytes: number; agentRssBytes: number; agentCpuCores: number | null; /** Frames that wait, over all stages. */ queueLength: number | null; stages: NodeSample["stages"] };

/** Oldest first. */
export async function readDeploymentMetrics(deps: Pick<Deps, "db" | "clock">, deploymentId: string, minutes: number): Promise<DeploymentMetric[]> {
  const sinceMs = deps.clock.now() - minutes * 60_000;
  const recent = recentSamples(liveFleet(deps.db).deploymentRings.get(deploymentId), sinceMs);
  const older = await windowsBefore<DeploymentWindow>(deps, "deployment", deploymentId, sinceMs, recent[0]?.atMs);
  return [
    ...older.map(({ at, values }) => ({ at: at.toISOString(), ...values, pipelineMsP50: values.pipelineMsP50 === undefined ? values.latencyMsP50 : values.pipelineMsP50 })),
    ...recent.map(({ atMs, figures }) => ({
      at: new Date(atMs).toISOString(),
      requestsPerSecond: figures[0] ?? 0,
      errorsPerSecond: figures[1] ?? 0,
      latencyMsP50: figures[2] ?? null,
      latencyMsP99: figures[3] ?? null,
      pipelineMsP50: figures[6] ?? null,
      predictedLatencyMs: figures[4] ?? null,
    })),
  ];
}

/** Oldest first, ten-second windows: links are told of less often than nodes. */
export async function readLinkMetrics(deps: Pick<Deps, "db" | "clock">, link: { fromNodeId: string; toNodeId: string; minutes: number }): Promise<(LinkWindow & { at: string })[]> {
  const windows = await listMetricWindows<LinkWindow>(deps.db, "link", linkKey(link.fromNodeId, link.toNodeId), new Date(deps.clock.now() - link.minutes * 60_000));
  return windows.map(({ at, values }) => ({ at: at.toISOString(), ...values }));
}

/** Oldest first. Seconds have the stages of the window that began with them, and the last second its own. */
export async function readNodeMetrics(deps: Pick<Deps, "db" | "clock">, nodeId: string, minutes: number): Promise<NodeMetric[]> {
  const sinceMs = deps.clock.now() - minutes * 60_000;
  const live = liveFleet(deps.db).nodes.get(nodeId);
  const recent = recentSamples(live?.ring, sinceMs);
  const windows = await listMetricWindows<NodeWindow>(deps.db, "node", nodeId, new Date(sinceMs));
  const firstMs = recent[0]?.atMs ?? Number.POSITIVE_INFINITY;
  const older = windows.filter((window) => window.at.getTime() < firstMs);
  const stagesFrom = stagesBySecond(windows, recent.map((row) => row.atMs));
  return [
    ...older.map(({ at, values }) => ({ at: at.toISOString(), cpuRatio: values.cpuRatio ?? 0, memoryUsedBytes: values.memoryUsedBytes ?? 0, agentRssBytes: values.agentRssBytes ?? 0, agentCpuCores: values.agentCpuCores ?? null, queueLength: values.queueLength ?? null, stages: values.stages })),
    ...recent.map(({ atMs, figures }, index) => ({
      at: new Date(atMs).toISOString(),
      cpuRatio: figures[0] ?? 0,
      memoryUsedBytes: figures[1] ?? 0,
      agentRssBytes: figures[2] ?? 0,
      agentCpuCores: figures[3] ?? null,
      queueLength: figures[4] ?? null,
      stages: index === recent.length - 1 ? (live?.sample?.stages ?? []) : (stagesFrom.get(atMs) ?? []),
    })),
  ];
}

/** Of each window, under the first second from its beginning on that is known. */
function stagesBySecond(windows: { at: Date; values: NodeWindow }[], secondsMs: number[]): Map<number, NodeSample["stages"]> {
  const stages = new Map<number, NodeSample["stages"]>();
  let next = 0;
  for (const { at, values } of windows) {
    while (next < secondsMs.length && (secondsMs[next] as number) < at.getTime()) next++;
    const second = secondsMs[next];
    if (second !== undefined && second - at.getTime() < WINDOW_MS) stages.set(second, values.stages);
  }
  return stages;
}

function recentSamples(ring: SampleRing | undefined, sinceMs: number): ReturnType<typeof readSamples> {
  return ring ? readSamples(ring, sinceMs).slice(-RING_LENGTH) : [];
}

async function windowsBefore<T>(deps: Pick<Deps, "db">, scope: "deployment", id: string, sinceMs: number, beforeMs: number | undefined): Promise<{ at: Date; values: T }[]> {
  if (beforeMs !== undefined && beforeMs <= sinceMs + 1000) return [];
  const windows = await listMetricWindows<T>(deps.db, scope, id, new Date(sinceMs));
  return beforeMs === undefined ? windows : windows.filter((window) => window.at.getTime() < beforeMs);
}
