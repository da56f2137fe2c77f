import { expect, test } from "vitest";
import { RoundTrips } from "./round-trips.ts";

/** Uniform 0 to 1 by seed. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
/** What is told after each ping. */
function follow(pings: readonly number[]): number[] {
  const trips = new RoundTrips();
  return pings.map((ms) => { trips.add(ms); return trips.pathMs(0) ?? Number.NaN; });
}

test("a path that becomes longer is known with the third ping of the new length, one that becomes shorter with the first", () => {
  const told = follow([...Array<number>(20).fill(2), ...Array<number>(5).fill(82), 2]);
  expect(told.slice(19, 26)).toEqual([2, 2, 2, 82, 82, 82, 2]);
});

test("before the first answer nothing is known, and what is overdue counts as long as it has taken", () => {
  const trips = new RoundTrips();
  expect(trips.pathMs(9_000)).toBeNull();
  trips.add(3);
  expect([trips.pathMs(0), trips.pathMs(200), trips.pathMs(900)]).toEqual([3, 3, 900]);
  trips.add(900);
  expect(trips.pathMs(0)).toBe(900);
});

test("pings that wait behind frames are not taken for a longer path: what they wait differs each time", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = uniform(seed);
    // Half of the time a frame of up to 200 ms is before it.
    const told = follow(Array.from({ length: 6_000 }, () => 2 + 0.2 * random() + (random() < 0.5 ? 200 * random() : 0)));
    const wrong = told.filter((ms) => ms > 10).length;
    expect(wrong / told.length, `seed ${seed}`).toBeLessThan(0.02);
  }
});

test("a jitter as long as the path moves what is told within the jitter, never above it", () => {
  const random = uniform(7);
  const told = follow(Array.from({ length: 6_000 }, () => 10 + 10 * random()));
  expect(Math.max(...told)).toBeLessThanOrEqual(20);
  expect(told.reduce((sum, ms) => sum + ms, 0) / told.length).toBeLessThan(12);
});
