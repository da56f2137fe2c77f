// Owns what was lately seen of who reaches whom, and by it which relays are asked for a node, in which order. Pure: time comes in.

/** Relays asked for one node that is not reached. With them all in vain the bytes come from elsewhere, in the end from the console. */
export const MAX_RELAYS = 6;
/** What was seen longer ago says nothing: links come back. */
export const REMEMBER_MS = 15_000;
/** Ways remembered; those seen longest ago go first. */
const MAX_WAYS = 1_024;

export class RelayMemory {
  /** In the order they were seen. */
  readonly #seen = new Map<string, { reached: boolean; atMs: number }>();

  /** `via` null = from here, directly. */
  saw(via: string | null, nodeId: string, reached: boolean, nowMs: number): void {
    this.#seen.delete(keyOf(via, nodeId));
    this.#seen.set(keyOf(via, nodeId), { reached, atMs: nowMs });
    for (const [key, { atMs }] of this.#seen) {
      if (this.#seen.size <= MAX_WAYS && nowMs - atMs <= REMEMBER_MS) return;
      this.#seen.delete(key);
    }
  }

  /** Null = not seen lately. */
  reached(via: string | null, nodeId: string, nowMs: number): boolean | null {
    const seen = this.#seen.get(keyOf(via, nodeId));
    return seen && nowMs - seen.atMs <= REMEMBER_MS ? seen.reached : null;
  }

  /** `relays`: nearest first. Those that reached it lately, then those of which nothing is known; none that lately did not. */
  order(nodeId: string, relays: readonly string[], nowMs: number): string[] {
    const whose = (wanted: boolean | null) => relays.filter((via) => this.reached(via, nodeId, nowMs) === wanted);
    return [...whose(true), ...whose(null)].slice(0, MAX_RELAYS);
  }
}

/** No id has a space. */
const keyOf = (via: string | null, nodeId: string): string => `${via ?? ""} ${nodeId}`;
