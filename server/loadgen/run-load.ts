// Owns a measurement from its plan to its report: one run, a search for the peak rate, or the check for reused results.
import { findPeak } from "./find-peak.ts";
import { createLagProbe, createRealClock } from "./real-clock.ts";
import { issueQueries, type Answer } from "./issue-queries.ts";
import { judgeRun } from "./method/judge-run.ts";
import { createLatencyHistogram } from "./method/latency-histogram.ts";
import type { AccuracyReport } from "./method/accuracy-report.ts";
import type { Grader } from "./method/grade-answers.ts";
import { figuresOf, METHOD, reportSettings, type LoadReport, type PeakReport, type ReuseReport } from "./method/load-report.ts";
import { makeTrace } from "./method/make-queries.ts";
import { makeSampleSets, type SampleSet } from "./method/make-sample-sets.ts";
import type { RunRecord } from "./method/run-record.ts";
import { runStats } from "./method/run-stats.ts";
import { resolveSettings, type EffectiveSettings, type RunSettings } from "./method/settings.ts";
import { steadyRate } from "./method/steady-rate.ts";
import { wilsonInterval } from "./method/wilson-interval.ts";
import type { LoadProgress } from "./method/load-progress.ts";
import type { Target } from "./targets/target.ts";

export type LoadPlan = {
  what: "run" | "peak" | "reuse";
  settings: Omit<RunSettings, "totalSampleCount" | "performanceSampleCount">;
  /** null = all, up to DEFAULT_PERFORMANCE_SAMPLES. */
  performanceSamples: number | null;
  offlineConcurrency: number;
  /** Of queries/s the peak is searched to. */
  peakDecimals: number;
};
/** One run's parts that logs are written from. */
export type Finished = { record: RunRecord; set: SampleSet; generatedQueries: number; generatedSamplesPerQuery: number; generatedDurationNs: number; begin: Date; end: Date; answers: { sequence: number; sample: number; data: Uint8Array }[] };
/** `sets`: of an accuracy run each set of samples by itself, in order, which in `last` are as one; elsewhere `last` alone. */
export type Measured = { report: LoadReport; last: Finished; sets: Finished[] };
export type Hooks = { onProgress?: (progress: LoadProgress) => void; /** Aborting stops the run; what it has measured so far is reported as INVALID. */ signal?: AbortSignal; /** Of an accuracy run whose samples have labels. */ grader?: Grader | null };

const DEFAULT_PERFORMANCE_SAMPLES = 1024;
const PROGRESS_EVERY_MS = 500;
/** As in MLPerf's TEST04: faster than this on one sample than on different ones = results are reused. */
const MAX_REUSE_SHARE = 1.1;
const STOPPED = "The run was stopped before its end.";

/** @throws Error when the plan asks for what cannot be, e.g. more samples than fit */
export async function runLoad(plan: LoadPlan, target: Target, hooks: Hooks = {}): Promise<Measured> {
  const startedAt = new Date();
  const settings = (changes: Partial<RunSettings>) => {
    const totalSampleCount = target.sampleCount;
    return resolveSettings({ ...plan.settings, totalSampleCount, performanceSampleCount: Math.min(totalSampleCount, plan.performanceSamples ?? DEFAULT_PERFORMANCE_SAMPLES), ...changes });
  };
  const once = (phase: string, changes: Partial<RunSettings> = {}) => runOnce(phase, plan, settings(changes), target, hooks);
  if (plan.what === "peak") {
    const { peak, best } = await findPeak({ startQps: plan.settings.targetQps, decimals: plan.peakDecimals, isStopped: () => hooks.signal?.aborted === true, runAt: async (qps) => (await once(`${qps} queries/s`, { targetQps: qps }))[0]! });
    return finish(target, startedAt, best, { peak });
  }
  if (plan.what === "reuse") {
    // This order: what warms up meanwhile must not look like reuse.
    const same = await once("the same sample", { picking: "same" });
    const unique = await once("different samples", { picking: "unique" });
    return finish(target, startedAt, unique[0]!, { reuse: judgeReuse(rateOf(same[0]!.record), rateOf(unique[0]!.record)) });
  }
  const runs = await once(plan.settings.mode === "AccuracyOnly" ? "accuracy" : "performance");
  const joined = joinRuns(runs);
  return finish(target, startedAt, joined, { sets: runs, accuracy: plan.settings.mode !== "AccuracyOnly" ? null : hooks.grader ? hooks.grader.end(joined.record.cutShort) : judgeAccuracy(target, runs) });
}

export function judgeReuse(samePerSecond: number, uniquePerSecond: number): ReuseReport {
  return { samePerSecond, uniquePerSecond, isReusing: samePerSecond > MAX_REUSE_SHARE * uniquePerSecond };
}

/** Samples per second of busy time: in Server the arrivals would hide what is saved, so the mean latency stands for it. */
function rateOf(record: RunRecord): number {
  const stats = runStats(record);
  if (!stats) return 0;
  return record.settings.scenario === "Server" ? 1e9 / stats.sample.meanNs : stats.perSecond.completed;
}

/** Accuracy asks all sets, one after the other; performance the first. */
async function runOnce(phase: string, plan: LoadPlan, settings: EffectiveSettings, target: Target, hooks: Hooks): Promise<Finished[]> {
  const sets = makeSampleSets(settings);
  const chosen = settings.mode === "AccuracyOnly" ? sets : sets.slice(0, 1);
  const finished: Finished[] = [];
  for (const set of chosen) {
    target.load(set.indices);
    const last = await runSet(phase, plan, settings, set, target, hooks);
    finished.push(last);
    if (!hooks.signal?.aborted) continue;
    // Stopped between two sets, the one that was whole does not make a whole run.
    if (finished.length < chosen.length) last.record.cutShort ??= STOPPED;
    break;
  }
  return finished;
}

function runSet(phase: string, plan: LoadPlan, settings: EffectiveSettings, set: SampleSet, target: Target, { onProgress, signal, grader }: Hooks): Promise<Finished> {
  const { queries, durationNs } = makeTrace(settings, set);
  const clock = createRealClock();
  const lag = createLagProbe();
  const histogram = createLatencyHistogram();
  const answers: Finished["answers"] = [];
  const begin = new Date();
  return new Promise((resolve) => {
    const keep = (sequence: number, latencyNs: number, answer: Answer) => {
      histogram.add(latencyNs);
      grader?.add(issuing.record.sampleIndices[sequence]!, answer.ok ? { ok: true, data: answer.data ?? new Uint8Array(), ...(answer.told ? { told: answer.told } : {}) } : { ok: false, problem: answer.problem, isRefused: answer.isRefused === true });
      if (settings.mode === "AccuracyOnly" && answer.ok && answer.data) answers.push({ sequence, sample: issuing.record.sampleIndices[sequence]!, data: answer.data });
    };
    const abort = () => issuing.stop(STOPPED);
    const end = (record: RunRecord) => {
      record.harnessLagP99Ns = lag.stop(record);
      clock.stop();
      clearInterval(ticker);
      signal?.removeEventListener("abort", abort);
      onProgress?.(tell());
      resolve({ record, set, generatedQueries: queries.length, generatedSamplesPerQuery: queries[0]?.samples.length ?? 0, generatedDurationNs: durationNs, begin, end: new Date(), answers });
    };
    const startedNs = clock.nowNs();
    let before = { atNs: startedNs, issued: 0, answered: 0 };
    const tell = (): LoadProgress => {
      const now = { atNs: clock.nowNs(), issued: issuing.record.sampleIndices.length, answered: issuing.answeredCount() };
      const seconds = Math.max(1e-3, (now.atNs - before.atNs) / 1e9);
      const progress: LoadProgress = {
        phase, elapsedS: (now.atNs - startedNs) / 1e9, minS: settings.minDurationMs / 1000, issued: now.issued, answered: now.answered, failed: issuing.record.failedCount,
        arrivalsPerSecond: (now.issued - before.issued) / seconds, answersPerSecond: (now.answered - before.answered) / seconds,
        p50Ns: histogram.percentileNs(0.5), p90Ns: histogram.percentileNs(0.9), p99Ns: histogram.percentileNs(0.99), histogram: histogram.bins(),
        ...(grader ? { accuracy: grader.soFar() } : {}),
      };
      before = now;
      return progress;
    };
    lag.start();
    const issuing = issueQueries({ settings, queries, sut: target, clock, offlineConcurrency: plan.offlineConcurrency, onAnswer: keep, onEnd: end });
    const ticker = setInterval(() => onProgress?.(tell()), PROGRESS_EVERY_MS);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
  });
}

/** Sets of an accuracy run as if they were one. Times start anew with each, so that only the counts and answers are used. */
function joinRuns(runs: readonly Finished[]): Finished {
  const [first, ...rest] = runs as [Finished, ...Finished[]];
  if (rest.length === 0) return first;
  const offset = (i: number) => runs.slice(0, i).reduce((sum, { record }) => sum + record.sampleIndices.length, 0);
  return {
    ...first, end: runs.at(-1)!.end, answers: runs.flatMap(({ answers }, i) => answers.map((answer) => ({ ...answer, sequence: answer.sequence + offset(i) }))),
    record: { ...first.record, failedCount: runs.reduce((sum, { record }) => sum + record.failedCount, 0), firstFailure: runs.find(({ record }) => record.firstFailure !== null)?.record.firstFailure ?? null, cutShort: runs.find(({ record }) => record.cutShort !== null)?.record.cutShort ?? null },
  };
}

function judgeAccuracy(target: Target, runs: readonly Finished[]): AccuracyReport {
  const judged = runs.flatMap(({ answers }) => answers.map(({ sample, data }) => target.judge(sample, data))).filter((right) => right !== null);
  const correct = judged.filter((right) => right).length;
  return { asked: runs.reduce((sum, { record }) => sum + record.sampleIndices.length, 0), labelled: judged.length, correct, interval: judged.length === 0 ? null : wilsonInterval(correct, judged.length) };
}

function finish(target: Target, startedAt: Date, last: Finished, extra: { sets?: Finished[]; peak?: PeakReport; reuse?: ReuseReport; accuracy?: AccuracyReport | null }): Measured {
  const { record } = last;
  const stats = runStats(record);
  const steady = steadyRate(record);
  const histogram = createLatencyHistogram();
  for (const ns of record.sampleLatenciesNs) histogram.add(ns);
  return {
    last, sets: extra.sets ?? [last],
    report: {
      method: METHOD, sut: target.name, startedAt: startedAt.toISOString(), settings: reportSettings(record.settings), verdict: judgeRun(record, stats), stats, failedCount: record.failedCount,
      harnessLagP99Ns: record.harnessLagP99Ns, steady, histogram: histogram.bins(), peak: extra.peak ?? null, reuse: extra.reuse ?? null, accuracy: extra.accuracy ?? null, figures: figuresOf(record, stats, steady, extra.accuracy ?? null),
    },
  };
}
