// Owns how many bytes a measurement of bandwidth sends: about a quarter of a second of what the link is known to carry, and of an unknown link little at first and more
// while that passes quickly. So a slow or metered link is not filled for seconds, and a fast or long one is still measured. Pure.

/** `light`: the node serves meanwhile, by other links. */
export type BurstAsked = { knownBytesPerSecond: number | null; light: boolean };
/** `bytes`: acknowledged; fewer than asked = it ran into its time. `spentMs`: from the first byte sent to the last acknowledgement, less a round trip. */
export type BurstDone = { bytes: number; spentMs: number };

const KNOWN_SECONDS = 0.25;
/** A quarter of a second of 1 Mbit/s. */
const FIRST_BYTES = 32 * 1024;
export const MAX_BURST_BYTES = 4 * 1024 * 1024;
const LIGHT_BURST_BYTES = 512 * 1024;
/** A burst that passes faster says more of clocks and stalls than of the link: a larger one follows. */
const QUICK_MS = 60;
const GROWTH = 4;
/** The fastest counts, because whatever else the machines do only takes bandwidth away. */
const BURSTS = 3;
/** TCP on a long way, or a link that has become wider: so much faster than before is not the end yet … */
const IMPROVES = 1.3;
/** … but it is after so many. */
const MAX_BURSTS = 12;

export class BurstPlan {
  /** Of the next burst. */
  bytes: number;
  readonly #mostBytes: number;
  readonly #light: boolean;
  #best: number;
  #measured: number[] = [];
  #count = 0;

  constructor({ knownBytesPerSecond, light }: BurstAsked) {
    this.#mostBytes = light ? LIGHT_BURST_BYTES : MAX_BURST_BYTES;
    this.#light = light;
    this.#best = knownBytesPerSecond ?? 0;
    this.bytes = Math.round(Math.min(this.#mostBytes, Math.max(FIRST_BYTES, (knownBytesPerSecond ?? 0) * KNOWN_SECONDS)));
  }

  /** @returns whether another one follows. */
  after({ bytes, spentMs }: BurstDone): boolean {
    this.#count += 1;
    const isMost = this.bytes >= this.#mostBytes;
    const ranOut = bytes < this.bytes;
    if (spentMs < QUICK_MS && !isMost && !ranOut) {
      this.bytes = Math.min(this.#mostBytes, this.bytes * GROWTH);
      return this.#count < MAX_BURSTS;
    }
    const rate = spentMs > 0 ? (bytes / spentMs) * 1000 : 0;
    if (rate > 0) this.#measured.push(rate);
    const improves = rate > this.#best * IMPROVES;
    this.#best = Math.max(this.#best, rate);
    if (this.#light || this.#count >= MAX_BURSTS) return false;
    return improves || (isMost && !ranOut && this.#measured.length < BURSTS);
  }

  /** Bytes per second; null = no burst said anything. */
  bandwidth(): number | null {
    return this.#measured.length > 0 ? Math.max(...this.#measured) : null;
  }
}
