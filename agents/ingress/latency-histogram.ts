// Owns a histogram in Prometheus' cumulative form.

/** Upper bounds in seconds: from an inline tiny model to a deadline. */
export const LATENCY_BOUNDS_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

export class LatencyHistogram {
  readonly #counts = new Array<number>(LATENCY_BOUNDS_SECONDS.length + 1).fill(0);
  sumSeconds = 0;
  count = 0;

  observe(seconds: number): void {
    const at = LATENCY_BOUNDS_SECONDS.findIndex((bound) => seconds <= bound);
    this.#counts[at < 0 ? LATENCY_BOUNDS_SECONDS.length : at]! += 1;
    this.sumSeconds += seconds;
    this.count += 1;
  }

  /** Bound and how many were at most that, in order, "+Inf" last. */
  cumulative(): [bound: string, count: number][] {
    let sum = 0;
    return this.#counts.map((count, index) => {
      sum += count;
      return [String(LATENCY_BOUNDS_SECONDS[index] ?? "+Inf"), sum];
    });
  }
}
