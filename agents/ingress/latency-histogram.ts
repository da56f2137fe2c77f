// Owns histograms in Prometheus' cumulative form.

/** Upper bounds in seconds: from an inline tiny model to a deadline. */
export const LATENCY_BOUNDS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;
/** Items that ran together. */
export const BATCH_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const;

export type CumulativeHistogram = {
  sum: number; count: number;
  /** Bound and how many were at most that, in order, "+Inf" last. */
  cumulative(): [bound: string, count: number][];
};

export class BoundedHistogram implements CumulativeHistogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  sum = 0;
  count = 0;

  /** Bounds ascend. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.#bounds.length && value > this.#bounds[at]!) at++;
    this.#counts[at]! += 1;
    this.sum += value;
    this.count += 1;
  }

  cumulative(): [bound: string, count: number][] {
    let sum = 0;
    return this.#counts.map((count, index) => {
      sum += count;
      return [String(this.#bounds[index] ?? "+Inf"), sum];
    });
  }
}

/** In seconds. */
export class LatencyHistogram extends BoundedHistogram {
  constructor() {
    super(LATENCY_BOUNDS_SECONDS);
  }
}
