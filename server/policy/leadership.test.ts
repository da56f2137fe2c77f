import { expect, test } from "vitest";
import { LEASE_MS, LOOK_INTERVAL_MS, nextLeadershipStep } from "./leadership.ts";

const view = { me: "con_b", hasLock: false, leaderId: "con_a", leaderSilentMs: 500 };

test("who has the lock leads, and begins a term when the row names another one or nobody", () => {
  expect(nextLeadershipStep({ ...view, hasLock: true, leaderId: "con_b" })).toEqual({ action: "lead" });
  expect(nextLeadershipStep({ ...view, hasLock: true, leaderId: null, leaderSilentMs: null })).toMatchObject({ action: "begin" });
  expect(nextLeadershipStep({ ...view, hasLock: true })).toMatchObject({ action: "begin", reason: expect.stringContaining("lost its connection") });
});

test("a leader that gives signs of life is followed; one that is silent past its lease is ousted, lock or no lock", () => {
  expect(nextLeadershipStep(view)).toEqual({ action: "follow" });
  expect(nextLeadershipStep({ ...view, leaderSilentMs: LEASE_MS - 1 })).toEqual({ action: "follow" });
  expect(nextLeadershipStep({ ...view, leaderSilentMs: LEASE_MS })).toMatchObject({ action: "oust", consoleId: "con_a" });
});

test("a lock somebody holds who has no row yet is waited for", () => {
  expect(nextLeadershipStep({ ...view, leaderId: null, leaderSilentMs: null })).toEqual({ action: "follow" });
  expect(nextLeadershipStep({ ...view, leaderSilentMs: null })).toEqual({ action: "follow" });
});

test("a lock that hangs on a lost connection of mine is taken back", () => {
  expect(nextLeadershipStep({ ...view, leaderId: "con_b" })).toMatchObject({ action: "oust", consoleId: "con_b" });
});

test("a lease and two looks leave room below ten seconds", () => {
  expect(LEASE_MS + 2 * LOOK_INTERVAL_MS).toBeLessThan(10_000);
});
