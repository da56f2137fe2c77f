// Owns how fast batches are answered of late, and what that says of a request: how long one that comes now would take, and how much time one that waits must have left
// to be answered within it. Pure. Times: milliseconds of one clock.
//
// What can be carried is told by batches that were as large as they could be and came close behind another one, each by the time since that was answered. A smaller one,
// or one alone, says only that no more time is needed than it took. One whose time was over before it was answered took at least so long.

/** Batches remembered; new ones replace old ones. */
const WINDOW = 16;
/** Fewer say nothing yet of what can be carried. */
const ENOUGH = 8;
/** Left out of the mean, longest first: a pause is not the pace. */
const OUTLIERS = 2;
/** Before a request, so few never keep it out: without those that are let in the pace would not be known to have changed. */
const ALWAYS = 2;
/** What is expected may be so much longer before it is too long. */
const MARGIN = 1.1;
/** Runs whose median is what the next one is taken to need. */
const RUNS = 8;
/** How much longer a run would have taken that was given up is not known: so many times as long, so that a few of them are enough to find what is too slow. */
const GIVEN_UP = 2;

export type EndedBatch = {
  leftAtMs: number; endedAtMs: number; requests: number;
  /** No more could have been in it. */
  isFull: boolean;
  /** Its requests' time was over before it was answered. */
  isLate: boolean;
};

export class BatchPace {
  readonly #batches: { ms: number; requests: number }[] = [];
  #next = 0;
  readonly #runs: number[] = [];
  #lastMs = Number.NEGATIVE_INFINITY;
  /** Of one batch. */
  #pace: { ms: number; requests: number } | null = null;
  #runMs: number | null = null;

  /** In the order in which they end. */
  ended({ leftAtMs, endedAtMs, requests, isFull, isLate }: EndedBatch): void {
    const runMs = endedAtMs - leftAtMs;
    this.#runs.push(isLate ? runMs * GIVEN_UP : runMs);
    if (this.#runs.length > RUNS) this.#runs.shift();
    this.#runMs = [...this.#runs].sort((a, b) => a - b)[this.#runs.length >> 1]!;
    const isBehind = this.#lastMs >= leftAtMs;
    const sinceMs = endedAtMs - Math.max(this.#lastMs, leftAtMs);
    this.#lastMs = endedAtMs;
    if ((isFull && isBehind) || isLate) this.#add(sinceMs, requests);
    else if (this.#pace && runMs / requests < this.#pace.ms / this.#pace.requests) this.#add(runMs, requests);
  }

  #add(ms: number, requests: number): void {
    this.#batches[this.#next++ % WINDOW] = { ms, requests };
    if (this.#batches.length < ENOUGH) return;
    const kept = [...this.#batches].sort((a, b) => a.ms / a.requests - b.ms / b.requests).slice(0, -OUTLIERS);
    this.#pace = { ms: kept.reduce((sum, one) => sum + one.ms, 0) / kept.length, requests: kept.reduce((sum, one) => sum + one.requests, 0) / kept.length };
  }

  /** How long a request that comes behind `ahead` others would take; null = not known, or there are so few that it does not matter. */
  expectedMs(ahead: number): number | null {
    return this.#pace === null || ahead < ALWAYS ? null : Math.ceil((ahead + 1) / this.#pace.requests) * this.#pace.ms * MARGIN;
  }

  /** What a request must have left when it leaves; null = not known. */
  get neededMs(): number | null {
    return this.#runMs === null ? null : this.#runMs * MARGIN;
  }
}
