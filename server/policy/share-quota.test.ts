import { expect, test } from "vitest";
import { type DayUsage, shareQuota, usedIn } from "./share-quota.ts";

const NOW = Date.parse("2026-11-27T10:00:00Z");
const day = (nodeId: string, requests: number, more: Partial<DayUsage> = {}): DayUsage => ({ nodeId, day: "2026-11-27", requests, lifeId: `life_${nodeId}`, lifeRequests: requests, ...more });
const told = (perDay: number, usage: DayUsage[], entered = ["a", "b"]) => entered.map((nodeId) => shareQuota({ perDay, perMonth: null }, usage, { nodeId, entered, nowMs: NOW })[0]!);

test("at any moment what all may let in altogether is the quota, and a new period begins with equal parts of it", () => {
  for (const perDay of [1, 2, 7, 1000, 1_000_000]) for (const [a, b] of [[0, 0], [0.1, 0.3], [0.9, 0], [0.5, 0.5], [0.999, 0.0005]] as const) {
    const usage = [day("a", Math.floor(a * perDay)), day("b", Math.floor(b * perDay))];
    const shares = told(perDay, usage);
    expect(shares.reduce((sum, { upTo }) => sum + upTo, 0), `${perDay} ${a} ${b}`).toBe(perDay);
    const left = perDay - usedIn(usage, "2026-11-27");
    for (const [index, { upTo, first }] of shares.entries()) {
      expect(upTo - usage[index]!.requests).toBeGreaterThanOrEqual(Math.floor((left / 2) * 0.875) - 1);
      expect(first).toBe(Math.max(1, Math.floor(perDay / 2)));
    }
  }
});

test("used up, there is no share; what was let in elsewhere or more than allowed counts too", () => {
  expect(told(10, [day("a", 6), day("gone", 4)]).map(({ share }) => share)).toEqual([0, 0]);
  expect(told(10, [day("a", 60)]).map(({ share }) => share)).toEqual([0, 0]);
  expect(told(10, [day("gone", 9)], ["a"])[0]).toMatchObject({ share: 1, upTo: 1, lifeId: null });
  // The last one goes where most was asked for.
  expect(told(10, [day("a", 2), day("b", 7)]).map(({ share }) => share)).toEqual([0, 1]);
});

test("it is told in what the ingress's process counts itself, a month over all its days; what is told changes seldom", () => {
  const usage = [day("a", 5, { day: "2026-11-02", lifeId: "old", lifeRequests: 5 }), day("a", 30, { lifeRequests: 10 })];
  expect(shareQuota({ perDay: null, perMonth: 100 }, usage, { nodeId: "a", entered: ["a"], nowMs: NOW })).toEqual([{ per: "month", requests: 100, period: "2026-11", lifeId: "life_a", upTo: expect.any(Number), share: expect.any(Number), first: 100 }]);
  expect(shareQuota({ perDay: null, perMonth: 100 }, usage, { nodeId: "a", entered: ["a"], nowMs: NOW })[0]!.upTo).toBe(75);
  const texts = new Set<string>();
  for (let used = 0; used <= 100_000; used += 10) texts.add(JSON.stringify(told(100_000, [day("a", used)])));
  expect(texts.size).toBeLessThan(400);
});
