// Owns how long a path is, from the round trips of its pings. The shortest of a while is the path's: the others also waited for something, a frame before them or
// a busy core. A path that has become longer is not told from one that others wait on by how long it takes but by how alike the round trips are: what waits,
// waits differently each time. So a few that agree with each other, above all before them, are believed, and those before are of another time. Pure.

/** A second of pings on a path in use. */
const KEPT = 10;
/** So many newest ones that agree are the path as it is now. */
const AGREEING = 3;
/** Agree: they differ by no more than this share of what the shortest of them is longer by than all before, and a little for the clock. */
const ALIKE_SHARE = 1 / 4;
const ALIKE_MS = 0.5;
/** So much longer than the shortest before is another path, and not the same one with a little noise. */
const LONGER_SHARE = 0.5;
const LONGER_MS = 2;
/** A ping that took so long left others out: what was before it is of another time. */
const LONG_MS = 250;

export class RoundTrips {
  readonly #tookMs: number[] = [];

  add(tookMs: number): void {
    const kept = this.#tookMs;
    if (tookMs > LONG_MS) kept.length = 0;
    kept.push(tookMs);
    if (kept.length > KEPT) kept.shift();
    if (kept.length <= AGREEING) return;
    const newest = kept.slice(-AGREEING);
    const [least, most] = [Math.min(...newest), Math.max(...newest)];
    const before = Math.min(...kept.slice(0, -AGREEING));
    const isOther = least > before * (1 + LONGER_SHARE) + LONGER_MS && most - least <= (least - before) * ALIKE_SHARE + ALIKE_MS;
    if (isOther) kept.splice(0, kept.length - AGREEING);
  }

  /** Milliseconds, and no less than a ping that is overdue has taken already (`pendingMs`; 0 = none is under way). Null = none yet. */
  pathMs(pendingMs: number): number | null {
    return this.#tookMs.length === 0 ? null : Math.max(Math.min(...this.#tookMs), pendingMs > LONG_MS ? pendingMs : 0);
  }
}
