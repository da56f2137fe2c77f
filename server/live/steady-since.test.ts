import { expect, test } from "vitest";
import { drainLimitMs } from "../policy/drain-limit.ts";
import { nextMigrationStep } from "../policy/migration.ts";
import type { MigrationState } from "../policy/snapshot.ts";
import { moving, node, NOW_MS, reportIngress, reportReady, revision, snapshot } from "../policy/testdata/fleet.ts";
import type { Db } from "../store/db.ts";
import { forgiveSilence } from "./forgive-silence.ts";
import { liveFleet } from "./live-fleet.ts";
import { sinceOf } from "./steady-since.ts";

const HOUR_MS = 3_600_000;
const both = [revision(1, ["a", "b"]), revision(2, ["a", "c"])];
const fleetNow = (state: MigrationState) => reportReady(["a", "b", "c"].map((id) => node(id)), both, state === "warm" ? { state: "loading" } : { inFlight: 1 }).map((one) => (one.nodeId === "a" ? reportIngress(one, [1, 2], state === "warm" ? 1 : 2) : one));

test.each<[MigrationState, number]>([["warm", HOUR_MS], ["warm", -HOUR_MS], ["drain", HOUR_MS], ["drain", -HOUR_MS]])("in %s a clock that jumps by %d ms makes a step neither late nor endless", (state, byMs) => {
  const fleet = liveFleet({} as Db);
  const storedMs = 10 * HOUR_MS;
  const decide = (nowMs: number) => {
    const stateSinceMs = sinceOf(fleet, "dep_1 move", storedMs, nowMs);
    const one = moving(both, state, { stateSinceMs });
    return nextMigrationStep(snapshot(one, fleetNow(state), nowMs), one, stateSinceMs).action;
  };
  const beforeMs = storedMs + 2_000;
  expect(decide(beforeMs)).toBe("wait");
  forgiveSilence(fleet, byMs);
  expect(decide(beforeMs + byMs)).toBe("wait");
  const lateMs = storedMs + Math.max(200_000, drainLimitMs(moving(both, state).settings) + 1);
  expect(decide(lateMs + byMs)).toBe(state === "warm" ? "turn-back" : "step");
});

test("another moment is another one, whatever was known; one from the future counts from now on", () => {
  const fleet = liveFleet({} as Db);
  expect(sinceOf(fleet, "x", NOW_MS, NOW_MS + 1)).toBe(NOW_MS);
  forgiveSilence(fleet, -HOUR_MS);
  expect(sinceOf(fleet, "x", NOW_MS, NOW_MS - HOUR_MS + 2)).toBe(NOW_MS - HOUR_MS);
  expect(sinceOf(fleet, "x", NOW_MS - HOUR_MS + 5, NOW_MS - HOUR_MS + 6)).toBe(NOW_MS - HOUR_MS + 5);
  expect(sinceOf(fleet, "y", NOW_MS, NOW_MS - HOUR_MS + 7)).toBe(NOW_MS - HOUR_MS + 7);
});
