import { expect, test } from "vitest";
import { type KeyQuota, MAX_KEY_COUNTS } from "../protocol/own-key.ts";
import { KeyCounts } from "./key-counts.ts";

const NOON = Date.parse("2026-11-30T12:00:00Z");
const quota = (more: Partial<KeyQuota>): KeyQuota => ({ per: "day", requests: 100, period: "2026-11-30", lifeId: null, upTo: 0, share: 2, first: 50, ...more });
/** How many are let in until one is refused, and what that is told. */
function fill(counts: KeyCounts, quotas: KeyQuota[], nowMs: number) {
  for (let letIn = 0; ; letIn++) {
    const reached = counts.reached("crd_a", quotas, nowMs);
    if (reached) return { letIn, ...reached };
    counts.count("crd_a", nowMs);
  }
}

test("a share is used up, then what the console gives this very process, then nothing until the period ends", () => {
  const counts = new KeyCounts();
  expect(fill(counts, [quota({})], NOON)).toMatchObject({ letIn: 2, kind: "quota", retryAfterSeconds: 1 });
  expect(fill(counts, [quota({ lifeId: "another", upTo: 99, share: 2 })], NOON).letIn).toBe(0);
  expect(fill(counts, [quota({ lifeId: counts.lifeId, upTo: 5, share: 3 })], NOON)).toMatchObject({ letIn: 3, retryAfterSeconds: 1 });
  expect(fill(counts, [quota({ lifeId: counts.lifeId, upTo: 5, share: 0 })], NOON)).toMatchObject({ letIn: 0, retryAfterSeconds: 43_200, reason: expect.stringContaining("2026-12-01T00:00:00.000Z") });
});

test("a period that the console has not spoken of begins with its usual share; the month goes on over days, and both must allow it", () => {
  const counts = new KeyCounts();
  expect(fill(counts, [quota({ per: "month", period: "2026-11", share: 9, first: 9 })], NOON - 86_400_000).letIn).toBe(9);
  expect(fill(counts, [quota({ period: "2026-11-29", first: 3 }), quota({ per: "month", period: "2026-11", share: 10 })], NOON).letIn).toBe(1);
  const december = Date.parse("2026-12-01T00:00:00Z");
  expect(fill(counts, [quota({ first: 4, requests: 4 })], december)).toMatchObject({ letIn: 4, retryAfterSeconds: 86_400 });
  expect(counts.told(december).map(({ day, requests }) => [day, requests])).toEqual([["2026-11-30", 1], ["2026-12-01", 4]]);
});

test("more keys than one report may hold take turns", () => {
  const counts = new KeyCounts();
  for (let index = 0; index < MAX_KEY_COUNTS + 100; index++) counts.count(`crd_${index}`, NOON);
  const told = new Set([...counts.told(NOON), ...counts.told(NOON)].map(({ keyId }) => keyId));
  expect([counts.told(NOON).length, told.size]).toEqual([MAX_KEY_COUNTS, MAX_KEY_COUNTS + 100]);
});
