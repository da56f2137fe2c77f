// Owns when a figure may be given at all: the last three windows of the run agree within 10 %, in rate and in latency, as perf_analyzer asks. Windows here are sixths of the run.
import { queryOf, type RunRecord } from "./run-record.ts";
import { AGREEING, meanOfThree, windowsAgree } from "./windows-agree.ts";

const WINDOWS = 6;

export type Window = { perSecond: number; /** null = none was answered in it. */ meanNs: number | null };
export type Steady = {
  windows: Window[];
  /** Samples per second, with what half a confidence interval of 95 % is across the three; null = no figure is given, and `why`. */
  rate: { perSecond: number; plusMinus: number; meanNs: number } | null;
  /** In a sentence; null = there is a rate. Absent in reports of before. */
  why?: string | null;
  /** Why its latencies have no interval: one holds for draws from one distribution, which is not what these are. Null = they have; absent in reports of before. */
  latencyWhy?: string | null;
};

/** An earlier stretch that agreed does not count: what came after it is how the system went on. In Offline all samples wait from the start, so that latency grows by itself: there the rate alone decides. */
export function steadyRate(record: RunRecord): Steady {
  const windows = cut(record);
  const three = windows.slice(-AGREEING);
  const rates = three.map(({ perSecond }) => perSecond);
  const latencies = three.map(({ meanNs }) => meanNs ?? 0);
  const failed = whyFailed(record);
  const rateWhy = failed ?? disagreement(rates, 1, "/s");
  const latencyWhy = record.settings.scenario === "Offline" ? rateWhy : (failed ?? disagreement(latencies, 1e6, "ms on average"));
  const why = rateWhy ?? latencyWhy;
  if (why !== null) return { windows, rate: null, why, latencyWhy };
  const { mean: perSecond, plusMinus } = meanOfThree(rates);
  return { windows, rate: { perSecond, plusMinus, meanNs: meanOfThree(latencies).mean }, why, latencyWhy };
}

/** What is refused at once would count as fast. */
function whyFailed({ failedCount, sampleLatenciesNs: { length } }: RunRecord): string | null {
  if (length === 0) return "Nothing was answered.";
  return failedCount === 0 ? null : `${failedCount} of ${length} samples failed.`;
}

function disagreement(values: readonly number[], unit: number, name: string): string | null {
  if (windowsAgree(values)) return null;
  return `The last three sixths of the run do not agree within 10 %: ${values.map((value) => Number((value / unit).toPrecision(3))).join(", ")} ${name}.`;
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
