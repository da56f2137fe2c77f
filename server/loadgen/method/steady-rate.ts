// Owns when a figure may be given at all: three neighbouring windows of the run agree within 10 %, in rate and in latency. Windows here are sixths of the run.
import { queryOf, type RunRecord } from "./run-record.ts";
import { AGREEING, meanOfThree, windowsAgree } from "./windows-agree.ts";

const WINDOWS = 6;

export type Window = { perSecond: number; /** null = none was answered in it. */ meanNs: number | null };
export type Steady = { windows: Window[]; /** Samples per second, with what half a confidence interval of 95 % is across the three; null = no three agree, and no figure is given. */ rate: { perSecond: number; plusMinus: number; meanNs: number } | null };

/** In Offline all samples wait from the start, so that latency grows by itself: there the rate alone decides. */
export function steadyRate(record: RunRecord): Steady {
  const windows = cut(record);
  const isOffline = record.settings.scenario === "Offline";
  for (let end = windows.length; end >= AGREEING; end--) {
    const three = windows.slice(end - AGREEING, end);
    const rates = three.map(({ perSecond }) => perSecond);
    const latencies = three.map(({ meanNs }) => meanNs ?? 0);
    if (!windowsAgree(rates) || !(isOffline || windowsAgree(latencies))) continue;
    const { mean: perSecond, plusMinus } = meanOfThree(rates);
    return { windows, rate: { perSecond, plusMinus, meanNs: meanOfThree(latencies).mean } };
  }
  return { windows, rate: null };
}

function cut(record: RunRecord): Window[] {
  const answers = record.sampleLatenciesNs.map((latency, i) => ({ atNs: record.scheduledNs[queryOf(record, i)]! + latency, latency }));
  const endNs = answers.reduce((last, { atNs }) => Math.max(last, atNs), 0);
  const counts = new Array<number>(WINDOWS).fill(0);
  const sums = new Array<number>(WINDOWS).fill(0);
  for (const { atNs, latency } of answers) {
    const window = Math.min(WINDOWS - 1, Math.floor((atNs / endNs) * WINDOWS));
    counts[window]!++;
    sums[window]! += latency;
  }
  return counts.map((count, i) => ({ perSecond: count / (endNs / WINDOWS / 1e9), meanNs: count === 0 ? null : sums[i]! / count }));
}
