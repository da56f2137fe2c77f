// Owns that requests of one stream set out in the order they came, although some wait for their bytes: steps of a sequence must not overtake each other.
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** Somebody has not set out yet. */
  get busy(): boolean {
    return this.#waiting > 0;
  }

  /** Begins `work` when all before are done, however they ended. What its caller does as soon as it is done comes before the next one's work. */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const done = this.#last.then(work);
    // Once its caller has gone on: until then who comes new is behind it.
    this.#last = done.catch(() => undefined).finally(() => { setImmediate(() => { this.#waiting--; }); });
    return done;
  }
}
