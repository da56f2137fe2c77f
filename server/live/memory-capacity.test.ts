import { expect, test } from "vitest";
import { seededRandom } from "../model/seeded-random.ts";
import { freshAvailableBytes, learnMemory, type MemoryCapacity, usableMemoryBytes } from "./memory-capacity.ts";

const GB = 1e9;
const TOTAL = 8 * GB;
/** One report a second; `availableGb` of each. */
function follow(availableGb: readonly number[], { ownGb = 0, before = null as MemoryCapacity | null, fromMs = 0 } = {}): MemoryCapacity {
  let known = before;
  for (const [second, gb] of availableGb.entries()) known = learnMemory(known, { availableBytes: gb * GB, ownBytes: ownGb * GB, totalBytes: TOTAL }, fromMs + second * 1000);
  return known as MemoryCapacity;
}
const seconds = (count: number, gb: (second: number) => number) => Array.from({ length: count }, (_, second) => gb(second));

test("available memory is followed with its spread, and what plans count with is the whole machine while others hold little", () => {
  const known = follow(seconds(60, (second) => 7.5 + 0.1 * Math.sin(second)));
  expect(known.availableBytes.samples).toBe(60);
  expect(Math.sqrt(known.availableBytes.variance)).toBeGreaterThan(0.01 * GB);
  expect(usableMemoryBytes(known, 60_000)).toBeNull();
  expect(freshAvailableBytes(known, 60_000)).toBe(known.availableBytes.last);
});

test("memory that another program keeps is not planned with after some seconds, and is again when it is given back", () => {
  const taken = follow(seconds(15, (second) => (second < 3 ? 7.5 : 3)));
  expect(usableMemoryBytes(taken, 15_000)).toBeCloseTo(3 * GB, -8);
  const given = follow(seconds(15, () => 7.6), { before: taken, fromMs: 15_000 });
  expect(usableMemoryBytes(given, 30_000)).toBeNull();
});

test("what its own stages hold is theirs", () => {
  expect(usableMemoryBytes(follow(seconds(30, () => 2), { ownGb: 5.5 }), 30_000)).toBeNull();
});

test("ten minutes of noise, and a build that comes and goes, change nothing that plans count with", () => {
  const random = seededRandom(7);
  let known: MemoryCapacity | null = null;
  for (let second = 0; second < 600; second++) {
    const build = second % 60 < 8 ? 4 : 0;
    known = learnMemory(known, { availableBytes: (7.6 - build - 0.4 * random()) * GB, ownBytes: 0.1 * GB, totalBytes: TOTAL }, second * 1000);
    expect(known.usableBytes).toBe(TOTAL);
  }
});

test("noise around what counts as much changes it once at most, and by no more than that", () => {
  const random = seededRandom(9);
  let known: MemoryCapacity | null = null;
  const believed = new Set<number>();
  for (let second = 0; second < 3600; second++) {
    known = learnMemory(known, { availableBytes: (6.9 + 0.6 * random()) * GB, ownBytes: 0, totalBytes: TOTAL }, second * 1000);
    believed.add(known.usableBytes);
  }
  expect(believed.size).toBeLessThanOrEqual(2);
  expect(Math.min(...believed)).toBeGreaterThan(0.85 * TOTAL);
});

test("once little is believed, noise around it changes nothing either", () => {
  const random = seededRandom(8);
  let known = follow(seconds(20, () => 3));
  const believed = known.usableBytes;
  for (let second = 20; second < 600; second++) {
    known = learnMemory(known, { availableBytes: (3 + 0.7 * (2 * random() - 1)) * GB, ownBytes: 0, totalBytes: TOTAL }, second * 1000);
    expect(known.usableBytes).toBe(believed);
  }
});

test("what was told long ago, or of another limit, is not believed", () => {
  const taken = follow(seconds(20, () => 3));
  expect(usableMemoryBytes(taken, 120_000)).toBeNull();
  expect(freshAvailableBytes(taken, 120_000)).toBeNull();
  expect(learnMemory(taken, { availableBytes: 3 * GB, ownBytes: 0, totalBytes: 4 * GB }, 21_000)).toMatchObject({ usableBytes: 4 * GB, availableBytes: { samples: 1 } });
});
