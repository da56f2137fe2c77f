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
