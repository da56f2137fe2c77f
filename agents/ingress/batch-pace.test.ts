import { expect, test } from "vitest";
import { BatchPace, type EndedBatch } from "./batch-pace.ts";

/** Batches one after the other without a pause; gives when the last one ended. */
function busy(pace: BatchPace, count: number, batch: { ms: number; requests: number } & Partial<EndedBatch>, fromMs = 0): number {
  const { ms, ...more } = batch;
  for (let index = 1; index <= count; index++) pace.ended({ leftAtMs: fromMs + (index - 1) * ms, endedAtMs: fromMs + index * ms, isFull: true, isLate: false, ...more });
  return fromMs + count * ms;
}

test("what is expected grows by whole batches, at the pace of full ones; few are always let in", () => {
  const pace = new BatchPace();
  // The first came behind none.
  busy(pace, 8, { ms: 40, requests: 8 });
  expect(pace.expectedMs(30)).toBeNull();
  busy(pace, 1, { ms: 40, requests: 8 }, 320);
  expect([pace.expectedMs(0), pace.expectedMs(1)]).toEqual([null, null]);
  expect(pace.expectedMs(7)).toBeCloseTo(40 * 1.1);
  expect(pace.expectedMs(8)).toBeCloseTo(2 * 40 * 1.1);
  expect(pace.expectedMs(39)).toBeCloseTo(5 * 40 * 1.1);
});

test("batches under way at once are as fast as they follow each other; what waited for nobody is not", () => {
  const pace = new BatchPace();
  for (let index = 0; index < 20; index++) pace.ended({ leftAtMs: index * 20 - 20, endedAtMs: (index + 1) * 20, requests: 4, isFull: true, isLate: false });
  expect(pace.expectedMs(3)).toBeCloseTo(20 * 1.1);
  expect(pace.neededMs).toBeCloseTo(40 * 1.1);
  // A minute of nothing is no batch's.
  busy(pace, 20, { ms: 30, requests: 4 }, 60_000);
  expect(pace.expectedMs(3)).toBeCloseTo(30 * 1.1);
});

test("small batches say nothing of what can be carried, unless they are faster than it is thought to be", () => {
  const pace = new BatchPace();
  busy(pace, 50, { ms: 10, requests: 1, isFull: false });
  expect(pace.expectedMs(20)).toBeNull();
  let now = busy(pace, 16, { ms: 16, requests: 8 }, 1_000);
  now = busy(pace, 50, { ms: 10, requests: 1, isFull: false }, now);
  expect(pace.expectedMs(7)).toBeCloseTo(16 * 1.1);
  now = busy(pace, 16, { ms: 800, requests: 8 }, now);
  expect(pace.expectedMs(7)).toBeCloseTo(800 * 1.1);
  busy(pace, 16, { ms: 10, requests: 1, isFull: false }, now);
  expect(pace.expectedMs(7)).toBeCloseTo(8 * 10 * 1.1);
});

test("what ran out of time took at least so long: a few such batches, and who has no more time than they had is not sent", () => {
  const pace = new BatchPace();
  expect(pace.neededMs).toBeNull();
  const now = busy(pace, 8, { ms: 10, requests: 4 });
  expect(pace.neededMs).toBeCloseTo(10 * 1.1);
  busy(pace, 5, { ms: 60, requests: 4, isFull: false, isLate: true }, now);
  expect(pace.neededMs).toBeCloseTo(2 * 60 * 1.1);
});

test("full batches one by one say of what can be carried at once only that it is not less", () => {
  const pace = new BatchPace();
  for (let index = 0; index < 50; index++) pace.ended({ leftAtMs: index * 100, endedAtMs: index * 100 + 60, requests: 8, isFull: true, isLate: false });
  expect(pace.expectedMs(20)).toBeNull();
  expect(pace.neededMs).toBeCloseTo(60 * 1.1);
});

test("one pause is not the pace", () => {
  const pace = new BatchPace();
  const now = busy(pace, 16, { ms: 10, requests: 4 });
  busy(pace, 1, { ms: 30_000, requests: 4 }, now);
  expect(pace.expectedMs(3)).toBeCloseTo(10 * 1.1);
  expect(pace.neededMs).toBeCloseTo(10 * 1.1);
});
