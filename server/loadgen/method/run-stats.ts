// Owns a run's figures, each by LoadGen's definition (loadgen/results.cc): no interpolation, means cut to whole nanoseconds.
import { mostDiscarded } from "./early-stopping.ts";
import { quantileInterval, type Interval } from "./quantile-interval.ts";
import type { RunRecord } from "./run-record.ts";

export const PERCENTILES = [0.5, 0.9, 0.95, 0.97, 0.99, 0.999] as const;
/** SingleStream also estimates this one: what MultiStream would be judged by. */
const MULTI_STREAM_PERCENTILE = 0.99;

export type LatencyStats = { minNs: number; maxNs: number; meanNs: number; /** With the interval that holds the true one with 95 % confidence, if latencies were independent. */ percentiles: { percentile: number; ns: number; interval: Interval | null }[] };

export type RunStats = {
  queryCount: number;
  sampleCount: number;
  sample: LatencyStats;
  /** MultiStream only: a query lasts as long as its slowest sample. */
  query: LatencyStats | null;
  /** The figure at the target's percentile: of queries in MultiStream, of samples elsewhere. */
  targetNs: number;
  /** Latency that the target's percentile is under with 99 % confidence; null = too few queries, or no such estimate in this scenario. */
  estimateNs: number | null;
  /** The same for the 99th in SingleStream. */
  estimate99Ns: number | null;
  /** Server only. */
  overBoundCount: number | null;
  lastScheduledS: number;
  lastIssuedS: number;
  /** When the query issued last was answered. */
  lastDoneS: number;
  maxLatencyS: number;
  /** By scenario. SingleStream: with and without the harness's own time. Server: as completed and as scheduled. Offline: samples. MultiStream: samples as completed. */
  perSecond: { completed: number; scheduled: number | null; withoutHarness: number | null };
  firstToken: LatencyStats | null;
  perToken: LatencyStats | null;
};

/** null = nothing was answered. */
export function runStats(record: RunRecord): RunStats | null {
  const { settings } = record;
  const { scenario, targetPercentile } = settings;
  const sampleCount = record.sampleLatenciesNs.length;
  const queryCount = record.issuedNs.length;
  if (sampleCount === 0) return null;
  const sorted = sort(record.sampleLatenciesNs);
  const sample = latencyStats(sorted);
  const sortedQueries = scenario === "MultiStream" ? sort(record.doneNs.map((done, i) => done - record.scheduledNs[i]!)) : null;
  const judged = sortedQueries ?? sorted;
  const seconds = (times: number[]) => times[queryCount - 1]! / 1e9;
  const [lastScheduledS, lastIssuedS, lastDoneS] = [seconds(record.scheduledNs), seconds(record.issuedNs), seconds(record.doneNs)];
  const maxLatencyS = sample.maxNs / 1e9;
  const isStream = scenario === "SingleStream" || scenario === "MultiStream";
  return {
    queryCount, sampleCount, sample, query: sortedQueries && latencyStats(sortedQueries),
    targetNs: at(judged, targetPercentile),
    estimateNs: isStream ? estimate(judged, targetPercentile) : null,
    estimate99Ns: scenario === "SingleStream" ? estimate(sorted, MULTI_STREAM_PERCENTILE) : null,
    overBoundCount: scenario === "Server" ? sorted.length - lowerBound(sorted, settings.targetLatencyNs + 1) : null,
    lastScheduledS, lastIssuedS, lastDoneS, maxLatencyS,
    perSecond: {
      // The last one's start is the open end of the time counted, so that one fewer lies within it.
      completed: scenario === "Offline" ? sampleCount / maxLatencyS : scenario === "SingleStream" ? (sampleCount - 1) / lastIssuedS : scenario === "Server" ? (sampleCount - 1) / lastDoneS : sampleCount / lastDoneS,
      scheduled: scenario === "Server" ? (sampleCount - 1) / lastScheduledS : null,
      withoutHarness: scenario === "SingleStream" ? 1e9 / sample.meanNs : null,
    },
    ...tokenStats(record),
  };
}

function tokenStats({ tokens, sampleLatenciesNs }: RunRecord): Pick<RunStats, "firstToken" | "perToken"> {
  if (!tokens) return { firstToken: null, perToken: null };
  const streamed = tokens.firstNs.flatMap((first, i) => (Number.isFinite(first) ? [{ first, count: tokens.counts[i]!, latency: sampleLatenciesNs[i]! }] : []));
  const gaps = streamed.filter(({ count }) => count > 1).map(({ first, count, latency }) => (latency - first) / (count - 1));
  return { firstToken: streamed.length > 0 ? latencyStats(sort(streamed.map(({ first }) => first))) : null, perToken: gaps.length > 0 ? latencyStats(sort(gaps)) : null };
}

function latencyStats(sorted: Float64Array): LatencyStats {
  let sum = 0;
  for (const ns of sorted) sum += ns;
  return {
    minNs: sorted[0]!, maxNs: sorted[sorted.length - 1]!, meanNs: Math.trunc(sum / sorted.length),
    percentiles: PERCENTILES.map((percentile) => ({ percentile, ns: at(sorted, percentile), interval: quantileInterval(sorted, percentile) })),
  };
}

function estimate(sorted: Float64Array, percentile: number): number | null {
  const discarded = mostDiscarded(sorted.length, percentile);
  return discarded === null ? null : sorted[sorted.length - discarded]!;
}

function at(sorted: Float64Array, percentile: number): number {
  return sorted[Math.floor(sorted.length * percentile)]!;
}

function sort(values: number[]): Float64Array {
  return Float64Array.from(values).sort();
}

/** How many lie below `limit`. */
function lowerBound(sorted: Float64Array, limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
