// Owns what a stage counts between two samples.
import type { Lane, StageSample } from "../protocol/control.ts";

/** Times kept per interval and lane; more are thinned by dropping, so that a burst costs no memory. */
const MAX_TIMES = 4096;

export type LaneCounts = { done: number; failed: number; computeMs: number[]; queueMs: number[]; receivedBytes: number; sentBytes: number };
export const newCounts = (): LaneCounts => ({ done: 0, failed: 0, computeMs: [], queueMs: [], receivedBytes: 0, sentBytes: 0 });

export function countDone(counts: LaneCounts, computeMs: number, queueMs: number): void {
  counts.done++;
  if (counts.computeMs.length >= MAX_TIMES) return;
  counts.computeMs.push(computeMs);
  counts.queueMs.push(queueMs);
}

/** The p-quantile (0–1) by nearest rank; null of nothing. */
export function quantile(values: readonly number[], p: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!;
}

/** One lane's sample; `receivedBytes` and `sentBytes` are totals, the counts hold those of the previous sample. */
export function takeSample(ids: { assignmentId: string; deploymentId: string }, lane: Lane, counts: LaneCounts, totals: { receivedBytes: number; sentBytes: number; queueLength: number }): StageSample {
  const sample: StageSample = {
    ...ids, epoch: lane.epoch, stageIndex: lane.stageIndex, done: counts.done, failed: counts.failed, queueLength: totals.queueLength,
    computeMsP50: quantile(counts.computeMs, 0.5), computeMsP99: quantile(counts.computeMs, 0.99), queueMsP50: quantile(counts.queueMs, 0.5),
    receivedBytes: totals.receivedBytes - counts.receivedBytes, sentBytes: totals.sentBytes - counts.sentBytes,
    upstreamNodeIds: lane.upstream.map((end) => end.nodeId),
  };
  Object.assign(counts, newCounts(), { receivedBytes: totals.receivedBytes, sentBytes: totals.sentBytes });
  return sample;
}
