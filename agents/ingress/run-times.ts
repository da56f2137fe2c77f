// Owns what runs of a pipeline took since it was last asked, so that the console learns what joining requests gains: sums alone, whatever the sizes.
import type { RequestTrace, RunSums } from "../protocol/control.ts";

const NONE = { count: 0, items: 0, slowestMs: 0, passMs: 0 };

export class RunTimes {
  #sums = { ...NONE };

  /** `trace`: of one of its requests, whose way was that of all. */
  add(trace: RequestTrace, items: number): void {
    const { stages, answer, totalMs, sendMs = 0 } = trace;
    const queuedMs = stages.reduce((sum, stage) => sum + stage.queueMs, sendMs);
    this.#sums.count += 1;
    this.#sums.items += items;
    this.#sums.slowestMs += Math.max(answer?.receiveMs ?? 0, ...stages.flatMap(({ computeMs, times }) => [computeMs, times?.receiveMs ?? 0]));
    // Clocks of several machines: what they say together is never more than what passed here.
    this.#sums.passMs += Math.max(0, totalMs - queuedMs);
  }

  take(problem: string | null): RunSums {
    const sums = this.#sums;
    this.#sums = { ...NONE };
    return problem === null ? sums : { ...sums, problem: problem.slice(0, MAX_PROBLEM_CHARS) };
  }
}

const MAX_PROBLEM_CHARS = 300;
