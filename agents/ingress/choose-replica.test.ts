import { expect, test } from "vitest";
import { ASKED_EVERY_MS, chooseReplica } from "./choose-replica.ts";

const NOW_MS = 50_000;
const one = (outstanding: number, rate = 1, linked = true, askedAtMs = NOW_MS) => ({ outstanding, rate, linked, askedAtMs });

test.each([
  ["fewest outstanding", [one(3), one(1), one(2)], -1, 1],
  ["of equals the first", [one(1), one(1)], -1, 0],
  ["a replica twice as fast takes twice as many", [one(3, 2), one(2, 1)], -1, 0],
  ["an idle slow one only before it would end last", [one(0, 1), one(1, 4)], -1, 1],
  ["one that is not linked takes none", [one(0, 9, false), one(50)], -1, 1],
  ["not the one that has just refused it", [one(0), one(9)], 0, 1],
  ["that one, where no other is linked", [one(0), one(9, 1, false)], 0, 0],
  ["none is linked", [one(0, 1, false), one(9, 1, false)], 0, -1],
  ["there is none", [], -1, -1],
  ["an idle one that was long not asked, the longest first", [one(0, 9), one(0, 1, true, 3), one(0, 1, true, 2), one(0, 1, false, 1)], -1, 2],
  ["a busy one was asked, however long ago", [one(0, 9), one(1, 1, true, 2)], -1, 0],
  ["not the one that has just refused it, however long it waited", [one(0), one(0, 1, true, 2)], 1, 0],
])("%s", (_name, replicas, except, index) => {
  expect(chooseReplica(replicas, NOW_MS, except)).toBe(index);
});

test("under steady work of which each replica ends its rate, all stay within one request of their share", () => {
  const rates = [5, 2, 1];
  const replicas = rates.map((rate) => one(0, rate));
  for (let sent = 0; sent < 80; sent++) (replicas[chooseReplica(replicas, NOW_MS)] as { outstanding: number }).outstanding++;
  for (const { outstanding, rate } of replicas) expect(Math.abs(outstanding - (80 * rate) / 8)).toBeLessThanOrEqual(1);
});

test("few requests go to the fastest, and about one a second to each other one", () => {
  const replicas = [one(0, 9, true, 0), one(0, 1, true, 0)];
  const asked = [0, 0];
  for (let nowMs = 10_000; nowMs < 30_000; nowMs += 125) {
    const index = chooseReplica(replicas, nowMs);
    (replicas[index] as { askedAtMs: number }).askedAtMs = nowMs;
    asked[index] = (asked[index] ?? 0) + 1;
  }
  expect(asked[1]).toBeGreaterThanOrEqual(Math.floor(20_000 / (ASKED_EVERY_MS + 125)) - 1);
  expect(asked[1]).toBeLessThanOrEqual(20_000 / ASKED_EVERY_MS);
});
