// Owns what is known of requests that run together: what its operator left to adaptation, what of it is in force, and what the ingresses' runs took since the last look.
import type { LiveFleet } from "../live/live-fleet.ts";
import { readSamples } from "../live/sample-ring.ts";
import type { BatchView } from "../policy/adapt/batching.ts";
import type { DeploymentView } from "../policy/snapshot.ts";

/** A run of more items than that had several requests in it: so much longer its stages and hops took. */
const TOGETHER = 1.05;

/**
 * `isNew`: true once for each report of a key. `together`: runs of the last second were of several items, so that what a stage or hop took is not what one request takes.
 * `batching` null = it is not left to adaptation.
 */
export function readBatching(fleet: LiveFleet, { deploymentId, settings: { ingressNodeIds, batching, batchNow } }: DeploymentView, { nowMs, freshMs, isNew }: { nowMs: number; freshMs: number; isNew(key: string, atMs: number): boolean }): { batching: BatchView | null; together: boolean } {
  const told = ingressNodeIds.flatMap((nodeId) => {
    const { sample = null, sampleAtMs = 0 } = fleet.nodes.get(nodeId) ?? {};
    const runs = sample && nowMs - sampleAtMs <= freshMs ? sample.ingress.find((one) => one.deploymentId === deploymentId)?.runs : undefined;
    return runs ? [{ runs, isFirst: isNew(`runs ${nodeId}`, sampleAtMs) }] : [];
  });
  const sumOf = (pick: "count" | "items" | "slowestMs" | "passMs", all: typeof told) => all.reduce((sum, { runs }) => sum + runs[pick], 0);
  const together = sumOf("items", told) > TOGETHER * sumOf("count", told);
  if (!batching?.whenNeeded) return { batching: null, together };
  const fresh = told.filter(({ isFirst }) => isFirst);
  const runs = fresh.length === 0 ? null : { count: sumOf("count", fresh), items: sumOf("items", fresh), slowestMs: sumOf("slowestMs", fresh), passMs: sumOf("passMs", fresh) };
  const { 2: latencyMs = null, 6: pipelineMs = null } = readSamples(fleet.deploymentRings.get(deploymentId) ?? { values: null, next: 0, count: 0 }, nowMs - freshMs).at(-1)?.figures ?? [];
  const processorMs = latencyMs === null || pipelineMs === null ? 0 : Math.max(0, latencyMs - pipelineMs);
  const { maxSize, maxDelayMs } = batching;
  return { batching: { limits: { maxSize, maxDelayMs }, now: batchNow ?? { maxSize: 1, maxDelayMs: 0 }, problem: told.find((one) => one.runs.problem !== undefined)?.runs.problem ?? null, runs, latencyMs, ...(processorMs > 0 ? { processorMs } : {}) }, together };
}
