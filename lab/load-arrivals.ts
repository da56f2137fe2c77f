// Owns when an open-loop load's requests are due: steady or Poisson arrivals from a seed. Pure but for its own position; knows no clock.
import { seededRandom } from "./shaped-link.ts";

export type ArrivalKind = "steady" | "poisson";
export type Arrivals = {
  /** Of the next request. Does not depend on whether earlier ones were sent in time. */
  dueMs(): number;
  next(): void;
  /** The same seed gives the same pauses: two stretches that begin with it meet the same arrivals. */
  restart(seed: number, atMs: number): void;
};

export function createArrivals({ perSecond, kind, seed, startMs }: { perSecond: number; kind: ArrivalKind; seed: number; startMs: number }): Arrivals {
  let random = seededRandom(seed);
  const pauseMs = () => (kind === "steady" ? 1000 / perSecond : (-Math.log(1 - random()) * 1000) / perSecond);
  let dueMs = startMs + (kind === "steady" ? 0 : pauseMs());
  return {
    dueMs: () => dueMs,
    next() { dueMs += pauseMs(); },
    restart(next, atMs) {
      random = seededRandom(next);
      dueMs = atMs + pauseMs();
    },
  };
}
