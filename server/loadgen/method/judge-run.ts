// Owns whether a run may be called VALID, why not, and what to change. Rules and their wording: LoadGen's (loadgen/results.cc), and three of our own:
// nothing failed, the run was not cut short, and the harness itself was not late. Of an accuracy run nothing else is asked than that everything was answered.
import { minPassing, mostDiscarded } from "./early-stopping.ts";
import type { RunRecord } from "./run-record.ts";
import type { RunStats } from "./run-stats.ts";

export type Verdict = {
  isValid: boolean;
  /** null = this scenario has no bound. */
  isBoundMet: boolean | null;
  isMinDurationMet: boolean;
  isMinQueriesMet: boolean;
  isEarlyStoppingMet: boolean;
  /** Ours: event-loop lag p99 within the share of the bound below. */
  isHarnessOnTime: boolean;
  isEverythingAnswered: boolean;
  recommendations: string[];
  /** LoadGen's text, lines beginning " * ". */
  earlyStopping: string;
};

/** A harness this late in proportion to the bound measures itself. */
export const MAX_HARNESS_SHARE = 0.1;

export function judgeRun(record: RunRecord, stats: RunStats | null): Verdict {
  const { settings } = record;
  if (!stats) return nothingAnswered(record);
  if (settings.mode === "AccuracyOnly") return accuracyVerdict(record);
  const isBoundMet = settings.scenario === "Server" ? stats.targetNs <= settings.targetLatencyNs : null;
  const lastedMs = durationS(settings.scenario, stats) * 1000;
  const isMinDurationMet = lastedMs >= settings.minDurationMs;
  const isMinQueriesMet = stats.queryCount >= settings.minQueryCount && stats.sampleCount >= settings.minSampleCount;
  const early = judgeEarlyStopping(record, stats);
  const bound = harnessBoundNs(record, stats);
  const lag = record.harnessLagP99Ns;
  const isHarnessOnTime = lag !== null && lag <= MAX_HARNESS_SHARE * bound;
  const isEverythingAnswered = record.failedCount === 0 && record.cutShort === null;
  const recommendations: string[] = [];
  if (isBoundMet === false) recommendations.push("Reduce target QPS to improve latency.");
  if (!isMinDurationMet) recommendations.push(LONGER[settings.scenario]);
  if (!isMinQueriesMet) recommendations.push("The test exited early, before enough queries were issued.\n   See the detailed log for why this may have occurred.");
  if (record.cutShort !== null) recommendations.push(record.cutShort);
  if (record.failedCount > 0) recommendations.push(`${record.failedCount} of ${stats.sampleCount} samples failed; the first: ${record.firstFailure}`);
  if (!isHarnessOnTime) recommendations.push(lag === null ? "The harness's own lag was not measured." : `The harness itself was late: ${ms(lag)} at its 99th percentile, more than ${MAX_HARNESS_SHARE * 100} % of ${ms(bound)}. Run it on an idle machine, or at a lower rate.`);
  return { isValid: recommendations.length === 0 && early.isMet, isBoundMet, isMinDurationMet, isMinQueriesMet, isEarlyStoppingMet: early.isMet, isHarnessOnTime, isEverythingAnswered, recommendations, earlyStopping: early.text };
}

const LONGER = {
  SingleStream: "Decrease the expected latency so the loadgen pre-generates more queries.",
  MultiStream: "Decrease the expected latency so the loadgen pre-generates more queries.",
  Server: "Increase the target QPS so the loadgen pre-generates more queries.",
  Offline: "Increase expected QPS so the loadgen pre-generates a larger (coalesced) query.",
} as const;

function durationS(scenario: keyof typeof LONGER, stats: RunStats): number {
  if (scenario === "Offline") return stats.maxLatencyS;
  return scenario === "Server" ? stats.lastScheduledS : stats.lastIssuedS;
}

/** Where a scenario has no bound, the latency it reports stands for it. */
function harnessBoundNs({ settings }: RunRecord, stats: RunStats): number {
  return settings.scenario === "Server" ? settings.targetLatencyNs : stats.targetNs;
}

function judgeEarlyStopping({ settings }: RunRecord, stats: RunStats): { isMet: boolean; text: string } {
  const { scenario, targetPercentile } = settings;
  if (scenario === "Offline") return { isMet: true, text: "" };
  const count = stats.queryCount;
  if (scenario === "Server") {
    const over = stats.overBoundCount!;
    const missing = minPassing(over, targetPercentile) + over - count;
    if (missing <= 0) return { isMet: true, text: " * Run successful." };
    return { isMet: false, text: ` * Run unsuccessful.\n * Processed ${count} queries.\n * Would need to run at least ${missing} more queries,\n with the run being successful if every additional\n query were under latency.` };
  }
  const needed = minPassing(1, targetPercentile) + 1;
  const name = `${(targetPercentile * 100).toFixed(1)}th percentile`;
  if (stats.estimateNs === null) return { isMet: false, text: ` * Only processed ${count} queries.\n * Need to process at least ${needed} queries for early stopping.` };
  const text = ` * Processed at least ${needed} queries (${count}).\n * Would discard ${mostDiscarded(count, targetPercentile)! - 1} highest latency queries.\n * Early stopping ${name} estimate: ${Math.round(stats.estimateNs)}`;
  return { isMet: true, text: scenario === "SingleStream" ? text + second(stats) : text };
}

function second({ estimate99Ns }: RunStats): string {
  if (estimate99Ns !== null) return `\n * Early stopping 99.0th percentile estimate: ${Math.round(estimate99Ns)}`;
  return `\n * Not enough queries processed for 99.0th percentile\n early stopping estimate (would need to process at\n least ${minPassing(1, 0.99) + 1} total queries).`;
}

/** No duration, no number of queries and no bound is asked of it: none is missed. */
function accuracyVerdict({ cutShort, failedCount, firstFailure }: RunRecord): Verdict {
  const recommendations = [...(cutShort === null ? [] : [cutShort]), ...(failedCount === 0 ? [] : [`${failedCount} samples failed; the first: ${firstFailure}`])];
  const isEverythingAnswered = recommendations.length === 0;
  return { isValid: isEverythingAnswered, isBoundMet: null, isMinDurationMet: true, isMinQueriesMet: true, isEarlyStoppingMet: true, isHarnessOnTime: true, isEverythingAnswered, recommendations, earlyStopping: "" };
}

function nothingAnswered({ cutShort, firstFailure }: RunRecord): Verdict {
  return {
    isValid: false, isBoundMet: null, isMinDurationMet: false, isMinQueriesMet: false, isEarlyStoppingMet: false, isHarnessOnTime: false, isEverythingAnswered: false,
    recommendations: [cutShort ?? "Nothing was answered.", ...(firstFailure === null ? [] : [`The first failure: ${firstFailure}`])], earlyStopping: "",
  };
}

function ms(ns: number): string {
  return `${(ns / 1e6).toFixed(2)} ms`;
}
