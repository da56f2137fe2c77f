// Owns which requests are let in while more come than can be answered: so many a second, as told, the lower their priority the sooner refused.
import { WireError } from "../protocol/wire-error.ts";

/** Seconds of the rate that may come at once: requests come at random. */
const BURST_SECONDS = 1;
const LEAST_BURST = 2;
/** Of the burst, kept for requests of a priority: who says nothing finds the other half only. */
const MOST_RESERVED = 0.5;

/** A bucket of tokens for all of a deployment's requests at one ingress. */
export class AdmitLimit {
  #tokens = 0;
  #at: number | null = null;

  /** Takes a token. `priority`: 1 = first, 0 = nothing said: after all that said something. `nowMs` grows. Throws WireError `overloaded`. */
  demand(perSecond: number | null | undefined, priority: number, nowMs: number): void {
    if (perSecond == null) {
      this.#at = null;
      return;
    }
    const burst = Math.max(LEAST_BURST, perSecond * BURST_SECONDS);
    // A limit begins with a full bucket.
    this.#tokens = this.#at === null ? burst : Math.min(burst, this.#tokens + ((nowMs - this.#at) / 1000) * perSecond);
    this.#at = nowMs;
    if (this.#tokens < 1 + reservedFrom(priority) * (burst - 1)) throw new WireError("overloaded", `more requests come than can be answered: ${perSecond.toPrecision(3)} a second are let in here, those of a priority first`);
    this.#tokens -= 1;
  }
}

/** Share of the burst that it may not touch: none of priority 1, then ever more. */
function reservedFrom(priority: number): number {
  return priority === 0 ? MOST_RESERVED : MOST_RESERVED * (1 - 1 / priority);
}
