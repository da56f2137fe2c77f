// Owns what probes and real traffic of one link teach over time: how often it was measured and how much the figures vary. Recent ones count more.
import type { LinkSpread } from "../topology/topology.ts";

/** Weight of a new figure once there are several: about the last ten count. */
const WEIGHT = 0.2;
/** Of a frame; what is smaller passes at once, whatever the link. */
const LEAST_TRAFFIC_BYTES = 256 * 1024;
/** Of the fastest traffic remembered, per transfer: a link that has become slower is believed after a while. */
const FORGET = 0.02;

/** After a probe. A null bandwidth = it measured the round trip only. */
export function addProbe(before: LinkSpread | undefined, bandwidthBytesPerSecond: number | null, at: string): LinkSpread {
  if (bandwidthBytesPerSecond === null) return before ?? {};
  const samples = (before?.bandwidthSamples ?? 0) + 1;
  const weight = Math.max(1 / samples, WEIGHT);
  const mean = before?.bandwidthMeanBytesPerSecond ?? bandwidthBytesPerSecond;
  const difference = bandwidthBytesPerSecond - mean;
  const variance = (1 - weight) * ((before?.bandwidthSdBytesPerSecond ?? 0) ** 2 + weight * difference ** 2);
  return { ...before, bandwidthSamples: samples, bandwidthMeanBytesPerSecond: mean + weight * difference, bandwidthSdBytesPerSecond: Math.sqrt(variance), bandwidthAt: at };
}

/** After a frame of a request: from its first byte to its last. The fastest counts, because frames share the link. */
export function addTransfer(before: LinkSpread | undefined, transfer: { bytes: number; receiveMs: number }, at: string): LinkSpread | undefined {
  if (transfer.bytes < LEAST_TRAFFIC_BYTES || transfer.receiveMs <= 0) return before;
  const rate = (transfer.bytes / transfer.receiveMs) * 1000;
  const known = before?.trafficBytesPerSecond ?? 0;
  return { ...before, trafficBytesPerSecond: Math.max(rate, known - FORGET * (known - rate)), trafficSamples: (before?.trafficSamples ?? 0) + 1, trafficAt: at };
}
