// Owns what is told of losses next: added up since the last report, and once per connection whether they can be read at all. Bounded. Pure.
import type { LinkLoss, LinkLosses } from "./protocol/link-loss.ts";

/** Peers beyond this many are not told. */
const MAX_LINKS = 64;

export class LossSums {
  #sums = new Map<string, LinkLoss>();
  #readable: boolean | null = null;
  /** What this connection was told of `#readable`. */
  #toldReadable: boolean | null = null;

  add({ readable, links }: LinkLosses): void {
    this.#readable = readable;
    for (const { toNodeId, sentSegments, lostSegments } of links) {
      const before = this.#sums.get(toNodeId);
      if (before || this.#sums.size < MAX_LINKS) this.#sums.set(toNodeId, { toNodeId, sentSegments: sentSegments + (before?.sentSegments ?? 0), lostSegments: lostSegments + (before?.lostSegments ?? 0) });
    }
  }
  /** Null = nothing to tell. */
  waiting(): LinkLosses | null {
    if (this.#readable === null || (this.#sums.size === 0 && this.#readable === this.#toldReadable)) return null;
    return { readable: this.#readable, links: [...this.#sums.values()] };
  }
  /** What `waiting` gave arrived; nothing was added meanwhile. */
  told(): void {
    this.#toldReadable = this.#readable;
    this.#sums.clear();
  }
  connected(): void {
    this.#toldReadable = null;
  }
}
