import { expect, test } from "vitest";
import { KeyBuckets } from "./key-limits.ts";

const limits = { requestsPerSecond: 2, burst: 3, maxInFlight: 2 };

test("a burst, then the rate; what is refused says when to come again, and costs nothing", () => {
  const buckets = new KeyBuckets();
  const ask = (nowMs: number, key = "a") => { const refused = buckets.take(key, limits, nowMs); if (!refused) buckets.done(key); return refused?.retryAfterSeconds ?? 0; };
  expect([ask(0), ask(0), ask(0), ask(0), ask(0)]).toEqual([0, 0, 0, 1, 1]);
  expect(ask(0, "b")).toBe(0);
  expect([ask(499), ask(500), ask(501)]).toEqual([1, 0, 1]);
  expect([ask(10_000), ask(10_000), ask(10_000), ask(10_000)]).toEqual([0, 0, 0, 1]);
});

test("requests in flight are counted per key", () => {
  const buckets = new KeyBuckets();
  expect(buckets.take("a", limits, 0)).toBeNull();
  expect(buckets.take("a", limits, 0)).toBeNull();
  expect(buckets.take("a", limits, 0)).toMatchObject({ reason: expect.stringMatching(/2 requests in flight, 2 are allowed/) });
  expect(buckets.refused).toEqual({ rate: 0, in_flight: 1, quota: 0 });
  expect(buckets.take("b", limits, 0)).toBeNull();
  buckets.done("a");
  expect(buckets.take("a", limits, 0)).toBeNull();
});

test("asked whether one more may come, it says what taking would, and counts nothing", () => {
  const buckets = new KeyBuckets();
  expect(buckets.reached("a", limits, 0)).toBeNull();
  for (let time = 0; time < 2; time++) buckets.take("a", limits, 0);
  expect(buckets.reached("a", limits, 0)).toEqual({ kind: "in_flight", reason: "this key has 2 requests in flight, 2 are allowed", retryAfterSeconds: 1 });
  for (let time = 0; time < 2; time++) buckets.done("a");
  for (let time = 0; time < 9; time++) expect(buckets.reached("a", limits, 0)).toBeNull();
  buckets.take("a", limits, 0);
  expect(buckets.reached("a", limits, 0)).toMatchObject({ kind: "rate", retryAfterSeconds: 1 });
  expect(buckets.reached("a", limits, 500)).toBeNull();
  expect(buckets.refused).toEqual({ rate: 0, in_flight: 0, quota: 0 });
});
