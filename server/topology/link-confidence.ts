// Owns how far a measured link can be believed: how often it was measured, how much that varied, how long ago it was, and whether real traffic agrees. Pure.
import type { LinkSpread } from "./topology.ts";

export type LinkConfidence = { level: "high" | "medium" | "low" | "none"; /** In words, worst first; empty = nothing speaks against it. */ reasons: string[] };
export type ConfidenceInput = { rttMs: number; rttSdMs: number; bandwidthBytesPerSecond: number | null; ageMs: number; /** Since the last bandwidth; null = not known. */ bandwidthAgeMs: number | null; spread?: LinkSpread | undefined };

/** Fewer probes may all have met one busy moment. */
const ENOUGH_PROBES = 3;
/** Of the mean: beyond it a plan for the mean misses often. */
const WIDE_SPREAD = 0.25;
/** Round trips are probed twice a minute, bandwidth every five minutes. */
const OLD_RTT_MS = 150_000;
const OLD_BANDWIDTH_MS = 20 * 60_000;
/** Traffic that was slower may have shared the link; traffic that was much faster says the probe was wrong. */
const FASTER_TRAFFIC = 1.3;

export function linkConfidence({ rttMs, rttSdMs, bandwidthBytesPerSecond, ageMs, bandwidthAgeMs, spread }: ConfidenceInput): LinkConfidence {
  if (bandwidthBytesPerSecond === null) return { level: "none", reasons: ["bandwidth was never measured"] };
  const reasons: string[] = [];
  if (ageMs > OLD_RTT_MS || (bandwidthAgeMs ?? 0) > OLD_BANDWIDTH_MS) reasons.push("measured long ago");
  const probes = spread?.bandwidthSamples ?? 0;
  if (probes < ENOUGH_PROBES) reasons.push(probes <= 1 ? "bandwidth was measured once" : `bandwidth was measured ${probes} times`);
  const { bandwidthSdBytesPerSecond } = spread ?? {};
  if (bandwidthSdBytesPerSecond !== undefined && bandwidthSdBytesPerSecond > WIDE_SPREAD * bandwidthBytesPerSecond) reasons.push(`bandwidth varies by ${Math.round((bandwidthSdBytesPerSecond / bandwidthBytesPerSecond) * 100)} %`);
  if (rttSdMs > WIDE_SPREAD * rttMs && rttSdMs > 1) reasons.push(`the round trip varies by ${Math.round((rttSdMs / rttMs) * 100)} %`);
  if (spread?.trafficBytesPerSecond !== undefined && spread.trafficBytesPerSecond > FASTER_TRAFFIC * bandwidthBytesPerSecond) reasons.push("real traffic was faster than the probe");
  return { level: reasons.length === 0 ? "high" : reasons.length === 1 ? "medium" : "low", reasons };
}
