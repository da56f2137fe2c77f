// Keeps a figure a second of each deployment in memory, and a window every ten seconds of everything in the database.
import type { Deps } from "../commands/deps.ts";
import { type PastThought, pastThought } from "../live/past-thought.ts";
import { dueWindows } from "../live/due-windows.ts";
import { deploymentSample } from "../live/deployment-sample.ts";
import { type LiveFleet, liveFleet } from "../live/live-fleet.ts";
import { predictedLatencyMs } from "../live/predicted-latency.ts";
import { createSampleRing, pushSample, readSamples, WINDOW_MS } from "../live/sample-ring.ts";
import { deleteOldTopologyRevisions } from "../store/topology-revisions.ts";
import { deleteOldKeyUsage } from "../store/key-usage.ts";
import { deleteOldMetricWindows, METRIC_RETENTION_MS, type MetricWindow, saveMetricWindows } from "../store/metrics.ts";

/** Rows of one clearing statement, and statements of one pass. */
const DELETE_BATCH = 5_000;
const MAX_DELETE_BATCHES = 20;

export async function recordDeploymentSamples(deps: Deps): Promise<void> {
  const fleet = liveFleet(deps.db);
  const nowMs = deps.clock.now();
  const deployments = fleet.snapshot?.deployments ?? [];
  for (const deployment of deployments) {
    const sample = deploymentSample(fleet, deployment, await predictedLatencyMs(deps.db, deployment.currentRevisionId), nowMs);
    const ring = fleet.deploymentRings.get(deployment.deploymentId) ?? createSampleRing();
    fleet.deploymentRings.set(deployment.deploymentId, ring);
    pushSample(ring, nowMs, [sample.requestsPerSecond, sample.errorsPerSecond, sample.latencyMsP50, sample.latencyMsP99, sample.predictedLatencyMs, sample.inFlight, sample.pipelineMsP50]);
  }
  const known = new Set(deployments.map((deployment) => deployment.deploymentId));
  for (const kept of [fleet.deploymentRings, fleet.requests]) for (const id of kept.keys()) if (!known.has(id)) kept.delete(id);
}

/** What one leader has written. */
export type WindowMemory = { writtenMs: number | null };

/** The windows that have ended since the last pass. */
export async function recordWindows(deps: Deps, memory: WindowMemory): Promise<void> {
  const due = dueWindows(deps.clock.now(), memory.writtenMs);
  const windows = due.flatMap((startMs) => windowsOf(liveFleet(deps.db), startMs, (id) => pastThought(deps.db, id)));
  if (windows.length > 0) await deps.publisher.transact((tx) => saveMetricWindows(tx, windows));
  memory.writtenMs = due.at(-1) ?? memory.writtenMs;
}

/** One window of everything that has figures in it. */
function windowsOf(fleet: LiveFleet, startMs: number, thoughtOf: (deploymentId: string) => PastThought | null): MetricWindow[] {
  const at = new Date(startMs);
  const inWindow = (ring: Parameters<typeof readSamples>[0]) => readSamples(ring, startMs).filter((row) => row.atMs < startMs + WINDOW_MS).map((row) => row.figures);
  const windows: MetricWindow[] = [];
  for (const live of fleet.nodes.values()) {
    const rows = inWindow(live.ring);
    if (rows.length === 0) continue;
    const [cpuRatio, memoryUsedBytes, agentRssBytes, agentCpuCores, queueLength] = [0, 1, 2, 3, 4].map((column) => mean(rows, column));
    windows.push({ scope: "node", scopeId: live.nodeId, at, values: { cpuRatio, memoryUsedBytes, agentRssBytes, agentCpuCores, queueLength, stages: live.sample?.stages ?? [], ...capacityThen(fleet, live.nodeId) } });
  }
  for (const [deploymentId, ring] of fleet.deploymentRings) {
    const rows = inWindow(ring);
    if (rows.length === 0) continue;
    const worst = rows.map((row) => row[3]).filter((value): value is number => value != null);
    const values = { requestsPerSecond: mean(rows, 0) ?? 0, errorsPerSecond: mean(rows, 1) ?? 0, latencyMsP50: mean(rows, 2), latencyMsP99: worst.length > 0 ? Math.max(...worst) : null, pipelineMsP50: mean(rows, 6), predictedLatencyMs: mean(rows, 4), thought: thoughtOf(deploymentId) };
    windows.push({ scope: "deployment", scopeId: deploymentId, at, values });
  }
  for (const [key, link] of fleet.links) if (link.measuredAt !== "") windows.push({ scope: "link", scopeId: key, at, values: { rttMs: link.rttMs, bandwidthBytesPerSecond: link.bandwidthBytesPerSecond, bytesPerSecond: link.bytesPerSecond } });
  return windows;
}

/** Null = not told. */
function capacityThen(fleet: LiveFleet, nodeId: string): { cores: number | null; celsius: number | null; throttled: boolean | null } {
  const known = fleet.capacity.nodes.get(nodeId);
  return { cores: known?.cores?.last ?? null, celsius: known?.thermal?.celsius?.last ?? null, throttled: known?.thermal?.throttled ?? null };
}

/** And the drawings they belong to. */
const KEY_USAGE_RETENTION_MS = 62 * 86_400_000;

export async function dropOldWindows(deps: Deps): Promise<void> {
  const before = new Date(deps.clock.now() - METRIC_RETENTION_MS);
  for (const clear of [deleteOldMetricWindows, deleteOldTopologyRevisions]) {
    for (let batch = 0; batch < MAX_DELETE_BATCHES; batch++) if ((await clear(deps.db, before, DELETE_BATCH)) < DELETE_BATCH) break;
  }
  await deleteOldKeyUsage(deps.db, new Date(deps.clock.now() - KEY_USAGE_RETENTION_MS), DELETE_BATCH);
}

function mean(rows: (number | null)[][], column: number): number | null {
  const values = rows.map((row) => row[column]).filter((value): value is number => value != null);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
