// Owns what of the last measurements of a way to a peer is believed. Whatever else goes on, requests on the same link or a busy core, only makes a way look longer and
// narrower than it is: of three measurements the shortest round trip and the widest bandwidth count. One that is far worse than those before it is not believed yet,
// but looked at again soon; a way that has changed is so known with the third. Pure.
import type { LinkSample } from "./protocol/control.ts";

/** So many that agree are the way as it is now. */
const KEPT = 3;
/** Far worse: a bandwidth below this share … */
const NARROWER = 0.75;
/** … or a round trip beyond this multiple and a little for the clock. */
const LONGER = 1.5;
const LONGER_MS = 1;

type RoundTrip = Pick<LinkSample, "rttMs" | "rttSdMs" | "rounds">;
/** `again`: what of this measurement was far worse than what is told. */
export type Settled = { told: LinkSample; again: { roundTrip: boolean; bandwidth: boolean } };

export class SettledLink {
  #roundTrips: RoundTrip[] = [];
  #bandwidths: number[] = [];

  /** A peer that did not answer may come back by another way: what was known of it goes. */
  add(sample: LinkSample): Settled {
    if (sample.error !== null) {
      this.#roundTrips = [];
      this.#bandwidths = [];
      return { told: sample, again: { roundTrip: false, bandwidth: false } };
    }
    const { rttMs, rttSdMs, rounds, bandwidthBytesPerSecond } = sample;
    this.#roundTrips = [...this.#roundTrips, { rttMs, rttSdMs, ...(rounds === undefined ? {} : { rounds }) }].slice(-KEPT);
    const shortest = this.#roundTrips.reduce((one, other) => (other.rttMs <= one.rttMs ? other : one));
    const roundTrip = rttMs > shortest.rttMs * LONGER + LONGER_MS;
    if (bandwidthBytesPerSecond === null) return { told: { ...sample, ...shortest }, again: { roundTrip, bandwidth: false } };
    this.#bandwidths = [...this.#bandwidths, bandwidthBytesPerSecond].slice(-KEPT);
    const widest = Math.max(...this.#bandwidths);
    return { told: { ...sample, ...shortest, bandwidthBytesPerSecond: widest }, again: { roundTrip, bandwidth: bandwidthBytesPerSecond < widest * NARROWER } };
  }
}
