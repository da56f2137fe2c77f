// Owns the figures behind charts: seconds from memory for the last minutes, ten-second windows from the database before that.
import type { NodeSample } from "../../agents/protocol/control.ts";
import type { Deps } from "../commands/deps.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { RING_LENGTH, readSamples, type SampleRing } from "../live/sample-ring.ts";
import { listMetricWindows } from "../store/metrics.ts";

type DeploymentWindow = { requestsPerSecond: number; errorsPerSecond: number; latencyMsP50: number | null; latencyMsP99: number | null; predictedLatencyMs: number | null };
type NodeWindow = { cpuRatio: number | null; memoryUsedBytes: number | null; agentRssBytes: number | null; stages: NodeSample["stages"] };

/** Oldest first. */
export async function readDeploymentMetrics(deps: Pick<Deps, "db" | "clock">, deploymentId: string, minutes: number): Promise<(DeploymentWindow & { at: string })[]> {
  const sinceMs = deps.clock.now() - minutes * 60_000;
  const recent = recentSamples(liveFleet(deps.db).deploymentRings.get(deploymentId), sinceMs);
  const older = await windowsBefore<DeploymentWindow>(deps, "deployment", deploymentId, sinceMs, recent[0]?.atMs);
  return [
    ...older.map(({ at, values }) => ({ at: at.toISOString(), ...values })),
    ...recent.map(({ atMs, figures }) => ({
      at: new Date(atMs).toISOString(),
      requestsPerSecond: figures[0] ?? 0,
      errorsPerSecond: figures[1] ?? 0,
      latencyMsP50: figures[2] ?? null,
      latencyMsP99: figures[3] ?? null,
      predictedLatencyMs: figures[4] ?? null,
    })),
  ];
}

/** Oldest first. Stages are known for windows and for the last second. */
export async function readNodeMetrics(deps: Pick<Deps, "db" | "clock">, nodeId: string, minutes: number): Promise<{ at: string; cpuRatio: number; memoryUsedBytes: number; agentRssBytes: number; stages: NodeSample["stages"] }[]> {
  const sinceMs = deps.clock.now() - minutes * 60_000;
  const live = liveFleet(deps.db).nodes.get(nodeId);
  const recent = recentSamples(live?.ring, sinceMs);
  const older = await windowsBefore<NodeWindow>(deps, "node", nodeId, sinceMs, recent[0]?.atMs);
  return [
    ...older.map(({ at, values }) => ({ at: at.toISOString(), cpuRatio: values.cpuRatio ?? 0, memoryUsedBytes: values.memoryUsedBytes ?? 0, agentRssBytes: values.agentRssBytes ?? 0, stages: values.stages })),
    ...recent.map(({ atMs, figures }, index) => ({
      at: new Date(atMs).toISOString(),
      cpuRatio: figures[0] ?? 0,
      memoryUsedBytes: figures[1] ?? 0,
      agentRssBytes: figures[2] ?? 0,
      stages: index === recent.length - 1 ? (live?.sample?.stages ?? []) : [],
    })),
  ];
}

function recentSamples(ring: SampleRing | undefined, sinceMs: number): ReturnType<typeof readSamples> {
  return ring ? readSamples(ring, sinceMs).slice(-RING_LENGTH) : [];
}

async function windowsBefore<T>(deps: Pick<Deps, "db">, scope: "node" | "deployment", id: string, sinceMs: number, beforeMs: number | undefined): Promise<{ at: Date; values: T }[]> {
  if (beforeMs !== undefined && beforeMs <= sinceMs + 1000) return [];
  const windows = await listMetricWindows<T>(deps.db, scope, id, new Date(sinceMs));
  return beforeMs === undefined ? windows : windows.filter((window) => window.at.getTime() < beforeMs);
}
