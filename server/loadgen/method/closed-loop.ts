// Owns a closed loop: so many requests under way at once, each answer sends the next, in windows until three one after the other agree within 10 %.
// Pure: what was answered is given. It is perf_analyzer's method, not one of MLPerf's scenarios.
import { quantileInterval, type Interval } from "./quantile-interval.ts";
import { AGREEING, meanOfThree, windowsAgree } from "./windows-agree.ts";

export const CLOSED_LOOP_METHOD = "closed loop, until three windows agree within 10 %";
/** Of a latency's 99th percentile: a load generator that was later than that has measured itself too. */
const MAX_HARNESS_SHARE = 0.1;

export type ClosedLoopPlan = { what: "closed-loop"; concurrency: number; windowMs: number; /** Without the first one, which is not counted. */ maxWindows: number };
/** Of requests answered in it. Latencies in nanoseconds, from when each was sent. */
export type LoopWindow = { seconds: number; latenciesNs: number[]; failed: number };
export type LoopFigure = { perSecond: number; /** Half a confidence interval of 95 % across the three windows. */ plusMinus: number; meanNs: number; p50Ns: number; p90Ns: number; p95Ns: number; p99Ns: number; p99Interval: Interval | null; sampleCount: number };
export type LoopVerdict = { kind: "go-on" } | { kind: "figure"; figure: LoopFigure } | { kind: "none"; why: string };
export type ClosedLoopReport = {
  method: typeof CLOSED_LOOP_METHOD;
  sut: string;
  startedAt: string;
  concurrency: number;
  windowMs: number;
  windows: { perSecond: number; meanNs: number | null; failed: number }[];
  /** null = no figure, and why. */
  figure: LoopFigure | null;
  why: string | null;
  firstFailure: string | null;
  harnessLagP99Ns: number | null;
  /** It was: the true figures are no worse than these. */
  isHarnessLate: boolean;
};

/** What the windows so far say. A window with a failed request agrees with none: what is refused at once would count as fast. */
export function judgeLoop(windows: readonly LoopWindow[], maxWindows: number): LoopVerdict {
  const three = windows.slice(-AGREEING);
  const rates = three.map(({ latenciesNs, seconds }) => latenciesNs.length / seconds);
  const means = three.map(({ latenciesNs }) => (latenciesNs.length === 0 ? 0 : latenciesNs.reduce((sum, ns) => sum + ns, 0) / latenciesNs.length));
  if (three.length === AGREEING && three.every(({ failed }) => failed === 0) && windowsAgree(rates) && windowsAgree(means)) return { kind: "figure", figure: figureOf(three, rates) };
  return windows.length < maxWindows ? { kind: "go-on" } : { kind: "none", why: sayWhy(windows) };
}

function figureOf(three: readonly LoopWindow[], rates: readonly number[]): LoopFigure {
  const sorted = Float64Array.from(three.flatMap(({ latenciesNs }) => latenciesNs)).sort();
  const at = (percentile: number) => sorted[Math.floor(sorted.length * percentile)]!;
  const { mean: perSecond, plusMinus } = meanOfThree(rates);
  return { perSecond, plusMinus, meanNs: sorted.reduce((sum, ns) => sum + ns, 0) / sorted.length, p50Ns: at(0.5), p90Ns: at(0.9), p95Ns: at(0.95), p99Ns: at(0.99), p99Interval: quantileInterval(sorted, 0.99), sampleCount: sorted.length };
}

function sayWhy(windows: readonly LoopWindow[]): string {
  const failed = windows.reduce((sum, window) => sum + window.failed, 0);
  const answered = windows.reduce((sum, { latenciesNs }) => sum + latenciesNs.length, 0);
  if (failed > 0) return `${failed} of ${failed + answered} requests failed.`;
  if (answered === 0) return "Nothing was answered within the windows: they are too short for it.";
  const rates = windows.map(({ latenciesNs, seconds }) => latenciesNs.length / seconds);
  return `No three of ${windows.length} windows agree within 10 %: from ${Math.min(...rates).toPrecision(3)} to ${Math.max(...rates).toPrecision(3)} /s.`;
}

export function isHarnessLate(lagNs: number | null, figure: LoopFigure | null): boolean {
  return figure !== null && (lagNs === null || lagNs > MAX_HARNESS_SHARE * figure.p99Ns);
}
