// Owns a closed loop against a target: keeps so many requests under way, cuts time into windows, and ends when the method says so.
import { performance } from "node:perf_hooks";
import type { Answer } from "./issue-queries.ts";
import { CLOSED_LOOP_METHOD, type ClosedLoopPlan, type ClosedLoopReport, isHarnessLate, judgeLoop, type LoopVerdict, type LoopWindow } from "./method/closed-loop.ts";
import { createLatencyHistogram } from "./method/latency-histogram.ts";
import type { LoadProgress } from "./method/load-progress.ts";
import { createLagProbe } from "./real-clock.ts";
import type { Hooks } from "./run-load.ts";
import type { Target } from "./targets/target.ts";

const PROGRESS_EVERY_MS = 500;
/** A refusal comes at once; asking again at once would be a flood. */
const AFTER_FAILURE_MS = 50;
/** Different bodies, one after the other. */
const MAX_BODIES = 256;
const NS_PER_MS = 1e6;

/** The first window warms up and is not counted. What is under way at the end is waited for, which the target's own limit bounds. */
export function runClosedLoop(plan: ClosedLoopPlan, target: Target, { onProgress, signal }: Hooks = {}): Promise<ClosedLoopReport> {
  return new Promise((resolve) => {
    const loop = new ClosedLoop(plan, target, (report) => {
      clearInterval(ticker);
      clearInterval(cutter);
      signal?.removeEventListener("abort", abort);
      onProgress?.(loop.tell());
      resolve(report);
    });
    const abort = () => loop.stop({ kind: "none", why: "It was stopped before three windows agreed." });
    const ticker = setInterval(() => onProgress?.(loop.tell()), PROGRESS_EVERY_MS);
    const cutter = setInterval(() => loop.cut(), plan.windowMs);
    signal?.addEventListener("abort", abort, { once: true });
    if (signal?.aborted) abort();
    else loop.start();
  });
}

class ClosedLoop {
  readonly #plan: ClosedLoopPlan;
  readonly #target: Target;
  readonly #onEnd: (report: ClosedLoopReport) => void;
  readonly #bodies: number;
  readonly #lag = createLagProbe();
  readonly #histogram = createLatencyHistogram();
  readonly #startedAt = new Date();
  readonly #startedMs = performance.now();
  readonly #windows: LoopWindow[] = [];
  #open: LoopWindow = { seconds: 0, latenciesNs: [], failed: 0 };
  #openedMs = this.#startedMs;
  #isWarm = false;
  #verdict: LoopVerdict = { kind: "go-on" };
  #isEnded = false;
  #firstFailure: string | null = null;
  #counts = { issued: 0, answered: 0, failed: 0, underWay: 0 };
  #before = { atMs: this.#startedMs, issued: 0, answered: 0 };

  constructor(plan: ClosedLoopPlan, target: Target, onEnd: (report: ClosedLoopReport) => void) {
    this.#plan = plan;
    this.#target = target;
    this.#onEnd = onEnd;
    this.#bodies = Math.min(target.sampleCount, MAX_BODIES);
    target.load(Array.from({ length: this.#bodies }, (_, sample) => sample));
  }

  start(): void {
    for (let at = 0; at < this.#plan.concurrency; at++) this.#send();
  }

  /** The end of a window. */
  cut(): void {
    if (this.#verdict.kind !== "go-on") return;
    const nowMs = performance.now();
    if (this.#isWarm) this.#windows.push({ ...this.#open, seconds: (nowMs - this.#openedMs) / 1000 });
    else this.#lag.start();
    this.#isWarm = true;
    this.#open = { seconds: 0, latenciesNs: [], failed: 0 };
    this.#openedMs = nowMs;
    this.stop(judgeLoop(this.#windows, this.#plan.maxWindows));
  }

  /** Nothing more is sent; the end comes when what is under way is answered. */
  stop(verdict: LoopVerdict): void {
    if (this.#verdict.kind !== "go-on") return;
    this.#verdict = verdict;
    this.#finish();
  }

  tell(): LoadProgress {
    const atMs = performance.now();
    const { issued, answered, failed } = this.#counts;
    const seconds = Math.max(1e-3, (atMs - this.#before.atMs) / 1000);
    const progress: LoadProgress = {
      phase: `${this.#plan.concurrency} at once, ${this.#isWarm ? `window ${this.#windows.length + 1}` : "warming up"}`, elapsedS: (atMs - this.#startedMs) / 1000, minS: (4 * this.#plan.windowMs) / 1000,
      issued, answered, failed, arrivalsPerSecond: (issued - this.#before.issued) / seconds, answersPerSecond: (answered - this.#before.answered) / seconds,
      p50Ns: this.#histogram.percentileNs(0.5), p90Ns: this.#histogram.percentileNs(0.9), p99Ns: this.#histogram.percentileNs(0.99), histogram: this.#histogram.bins(),
    };
    this.#before = { atMs, issued, answered };
    return progress;
  }

  #send(): void {
    if (this.#verdict.kind !== "go-on") return;
    const sentMs = performance.now();
    this.#counts.underWay++;
    this.#target.send(this.#counts.issued++ % this.#bodies, (answer) => {
      this.#counts.underWay--;
      this.#note(answer, (performance.now() - sentMs) * NS_PER_MS);
      if (this.#verdict.kind !== "go-on") this.#finish();
      else if (answer.ok) this.#send();
      else setTimeout(() => this.#send(), AFTER_FAILURE_MS);
    });
  }

  #note(answer: Answer, latencyNs: number): void {
    if (answer.ok) {
      this.#counts.answered++;
      this.#open.latenciesNs.push(latencyNs);
      this.#histogram.add(latencyNs);
      return;
    }
    this.#counts.failed++;
    this.#open.failed++;
    this.#firstFailure ??= answer.problem;
  }

  #finish(): void {
    if (this.#verdict.kind === "go-on" || this.#counts.underWay > 0 || this.#isEnded) return;
    this.#isEnded = true;
    const figure = this.#verdict.kind === "figure" ? this.#verdict.figure : null;
    const harnessLagP99Ns = this.#lag.stop(null);
    this.#onEnd({
      method: CLOSED_LOOP_METHOD, sut: this.#target.name, startedAt: this.#startedAt.toISOString(), concurrency: this.#plan.concurrency, windowMs: this.#plan.windowMs, figure, why: this.#verdict.kind === "none" ? this.#verdict.why : null, firstFailure: this.#firstFailure,
      windows: this.#windows.map(({ seconds, latenciesNs, failed }) => ({ perSecond: latenciesNs.length / seconds, meanNs: latenciesNs.length === 0 ? null : latenciesNs.reduce((sum, ns) => sum + ns, 0) / latenciesNs.length, failed })),
      harnessLagP99Ns, isHarnessLate: isHarnessLate(harnessLagP99Ns, figure),
    });
  }
}
