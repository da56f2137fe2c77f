// Owns the requests an ingress has given up while they were on a pipeline, for as long as a stage may yet tell how far they had come. Bounded: what is
// told after that is dropped, as all of it was before.
import type { RequestTrace } from "../protocol/control.ts";

/** A stage answers a cancel at once, or when the run is over that it interrupts: these are the requests of seconds. */
const MAX_GIVEN_UP = 256;

type GivenUp<P> = { attempt: number; pipeline: P; trace: RequestTrace };

export class GivenUpRequests<P> {
  readonly #requests = new Map<number, GivenUp<P>>();

  add(requestId: number, given: GivenUp<P>): void {
    this.#requests.set(requestId, given);
    if (this.#requests.size > MAX_GIVEN_UP) this.#requests.delete(this.#requests.keys().next().value!);
  }

  /** The trace as it was told, once; null for an attempt nobody waits for. */
  take(requestId: number, attempt: number, pipeline: P): RequestTrace | null {
    const given = this.#requests.get(requestId);
    if (!given || given.pipeline !== pipeline || (given.attempt & 0xffff) !== attempt) return null;
    this.#requests.delete(requestId);
    return given.trace;
  }
}
