import { expect, test } from "vitest";
import { DEFAULT_ADAPT_SETTINGS, whyNotNow } from "../policy/adapt/adapt-settings.ts";
import type { Db } from "../store/db.ts";
import { adaptState, shiftAdaptTimes } from "./adapt-state.ts";
import { forgiveSilence } from "./forgive-silence.ts";
import { liveFleet, liveNode } from "./live-fleet.ts";
import { nodePresence } from "./node-presence.ts";
import { createSampleRing, pushSample, readSamples } from "./sample-ring.ts";

const HOUR_MS = 3600_000;

test.each([HOUR_MS, -HOUR_MS])("a clock that jumps by %d ms makes no node silent, and one that is silent stays so", (byMs) => {
  const fleet = liveFleet({} as Db);
  const nowMs = fleet.startedAtMs + 60_000;
  Object.assign(liveNode(fleet, "heard"), { connected: true, bootId: "boot", lastSeenAtMs: nowMs - 500 });
  Object.assign(liveNode(fleet, "silent"), { connected: true, bootId: "boot", lastSeenAtMs: nowMs - 16_000 });
  const presences = (atMs: number) => ["heard", "silent"].map((id) => nodePresence(fleet, { id, observed: null, enrolledAt: new Date(fleet.startedAtMs) }, atMs).presence);
  expect(presences(nowMs)).toEqual(["online", "lost"]);
  forgiveSilence(fleet, byMs);
  expect(presences(nowMs + byMs)).toEqual(["online", "lost"]);
});

test.each([HOUR_MS, -HOUR_MS])("after a jump by %d ms figures are as old as they were, and what adaptation waits for is as far away", (byMs) => {
  const db = {} as Db;
  const fleet = liveFleet(db);
  const nowMs = 10 * HOUR_MS;
  const ring = createSampleRing();
  pushSample(ring, nowMs - 500, [7]);
  fleet.deploymentRings.set("dep_1", ring);
  fleet.links.set("a>b", { rttMs: 1, rttSdMs: 0, bandwidthBytesPerSecond: null, bytesPerSecond: 0, measuredAt: new Date(nowMs - 500).toISOString(), error: null });
  const state = adaptState(db, "dep_1");
  Object.assign(state, { moves: [nowMs - 10_000], retryAtMs: nowMs + 5_000, told: { verdict: "act", atMs: nowMs - 500, lost: "", target: "" } });
  forgiveSilence(fleet, byMs);
  shiftAdaptTimes(db, byMs);
  expect(readSamples(ring, nowMs + byMs - 1_000)).toEqual([{ atMs: nowMs + byMs - 500, figures: [7, null, null, null, null, null, null] }]);
  expect(Date.parse(fleet.links.get("a>b")?.measuredAt ?? "")).toBe(nowMs + byMs - 500);
  expect(whyNotNow({ ...DEFAULT_ADAPT_SETTINGS, coolDownSeconds: 30 }, state.moves, nowMs + byMs)).toContain("20 s");
  expect([state.retryAtMs, state.actedAtMs, state.told?.atMs]).toEqual([nowMs + byMs + 5_000, 0, nowMs + byMs - 500]);
});
