// Owns when a figure may be given at all: three neighbouring windows of the run agree within 10 %, in rate and in latency.
// The rule of NVIDIA's perf_analyzer (its --stability-percentage and three windows); windows here are sixths of the run.
import { queryOf, type RunRecord } from "./run-record.ts";

const WINDOWS = 6;
const AGREEING = 3;
/** Largest over smallest. */
const TOLERANCE = 1.1;

export type Window = { perSecond: number; /** null = none was answered in it. */ meanNs: number | null };
export type Steady = { windows: Window[]; /** Samples per second, with what half a confidence interval of 95 % is across the three; null = no three agree, and no figure is given. */ rate: { perSecond: number; plusMinus: number; meanNs: number } | null };

/** t of two degrees of freedom, 97.5 %. */
const T_2 = 4.303;

/** In Offline all samples wait from the start, so that latency grows by itself: there the rate alone decides. */
export function steadyRate(record: RunRecord): Steady {
  const windows = cut(record);
  const isOffline = record.settings.scenario === "Offline";
  for (let end = windows.length; end >= AGREEING; end--) {
    const three = windows.slice(end - AGREEING, end);
    const rates = three.map(({ perSecond }) => perSecond);
    const latencies = three.map(({ meanNs }) => meanNs ?? 0);
    if (!agree(rates) || !(isOffline || agree(latencies))) continue;
    const perSecond = mean(rates);
    const deviation = Math.sqrt(rates.reduce((sum, rate) => sum + (rate - perSecond) ** 2, 0) / (AGREEING - 1));
    return { windows, rate: { perSecond, plusMinus: (T_2 * deviation) / Math.sqrt(AGREEING), meanNs: mean(latencies) } };
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

function agree(values: number[]): boolean {
  const least = Math.min(...values);
  return least > 0 && Math.max(...values) <= TOLERANCE * least;
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
