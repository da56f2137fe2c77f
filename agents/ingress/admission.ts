// Owns whether a request that comes now can be answered within its deadline: from how long requests took of late, one after the other, while others
// waited. What cannot be in time is refused at once, so that the time it would have taken goes to those that can.

/** Intervals between answers remembered; new ones replace old ones. */
const WINDOW = 32;
/** Fewer say nothing yet. */
const ENOUGH = 8;
/** Left out of the mean, longest first: a pause of one pipeline is not its pace. */
const OUTLIERS = 2;
/** So few are always let in: without them the pace would never be known to have changed. */
const ALWAYS = 2;
/** What is expected may be so much longer before it is too long. */
const MARGIN = 1.1;

/** Times: milliseconds of one clock. */
export class Admission {
  readonly #intervals: number[] = [];
  #next = 0;
  #last: number | null = null;
  #paceMs: number | null = null;

  /** A request was answered; `inFlight` others are left. */
  answered(nowMs: number, inFlight: number): void {
    if (this.#last !== null) {
      this.#intervals[this.#next % WINDOW] = nowMs - this.#last;
      if (++this.#next % ENOUGH === 0) this.#paceMs = this.#mean();
    }
    // With nobody left the next interval would be idle time.
    this.#last = inFlight > 0 ? nowMs : null;
  }

  #mean(): number {
    const kept = [...this.#intervals].sort((a, b) => a - b).slice(0, -OUTLIERS);
    return kept.reduce((sum, ms) => sum + ms, 0) / kept.length;
  }

  /** How long one that comes behind `inFlight` others would take; null = not known, or there are so few that it does not matter. */
  expectedMs(inFlight: number): number | null {
    return this.#paceMs === null || inFlight < ALWAYS ? null : this.#paceMs * (inFlight + 1) * MARGIN;
  }
}
