// Owns what a run is reported as: figures with their intervals, the verdict, and what it is not.
import type { AccuracyReport } from "./accuracy-report.ts";
import type { Comparable, Figure } from "./comparable.ts";
import type { Verdict } from "./judge-run.ts";
import type { HistogramBin } from "./latency-histogram.ts";
import type { RunRecord } from "./run-record.ts";
import type { RunStats } from "./run-stats.ts";
import type { EffectiveSettings } from "./settings.ts";
import type { Steady } from "./steady-rate.ts";

export const METHOD = "MLPerf method, not an MLPerf result";

export type ReportSettings = Omit<EffectiveSettings, "seeds"> & { seeds: { qsl: string; sampleIndex: string; schedule: string } };
export type PeakReport = { qps: number | null; why: string | null; probes: { qps: number; isMet: boolean; targetNs: number | null }[] };
/** Same-sample against unique-sample throughput: a system that reuses results is faster on the first (MLPerf's TEST04). */
export type ReuseReport = { samePerSecond: number; uniquePerSecond: number; isReusing: boolean };

export type LoadReport = Comparable & {
  method: typeof METHOD;
  sut: string;
  startedAt: string;
  settings: ReportSettings;
  verdict: Verdict;
  /** null = nothing was answered. */
  stats: RunStats | null;
  failedCount: number;
  harnessLagP99Ns: number | null;
  steady: Steady;
  histogram: HistogramBin[];
  peak: PeakReport | null;
  reuse: ReuseReport | null;
  accuracy: AccuracyReport | null;
};

export function reportSettings({ seeds, ...rest }: EffectiveSettings): ReportSettings {
  return { ...rest, seeds: { qsl: String(seeds.qsl), sampleIndex: String(seeds.sampleIndex), schedule: String(seeds.schedule) } };
}

/** What two runs are compared by. A rate that was not steady is no figure, nor are times of an accuracy run with labels; latencies that were not steady are the whole run's, and have no interval. */
export function figuresOf(record: RunRecord, stats: RunStats | null, steady: Steady, accuracy: AccuracyReport | null): Figure[] {
  if (accuracy?.graded) return accuracy.asked === 0 ? [] : [{ name: "accuracy", value: accuracy.correct / accuracy.asked, interval: accuracy.interval, unit: "share", better: "more" }];
  if (!stats) return [];
  const isMulti = record.settings.scenario === "MultiStream";
  const [latency, count] = isMulti ? [stats.query!, stats.queryCount] : [stats.sample, stats.sampleCount];
  const unsteady = steady.latencyWhy ?? null;
  const figures = latency.percentiles.filter(({ percentile }) => [0.5, 0.9, 0.99].includes(percentile)).map(({ percentile, ns, interval }): Figure => {
    const why = unsteady ?? (interval ? null : `${count} ${isMulti ? "queries" : "samples"} are too few for an interval.`);
    return { name: `latency p${percentile * 100}`, value: ns, interval: why === null ? interval : null, why, unit: "ns", better: "less" };
  });
  if (steady.rate) figures.push({ name: "throughput", value: steady.rate.perSecond, interval: { low: steady.rate.perSecond - steady.rate.plusMinus, high: steady.rate.perSecond + steady.rate.plusMinus }, unit: "1/s", better: "more" });
  return figures;
}
