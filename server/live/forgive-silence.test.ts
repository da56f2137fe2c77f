import { expect, test } from "vitest";
import type { Db } from "../store/db.ts";
import { forgiveSilence } from "./forgive-silence.ts";
import { liveFleet, liveNode } from "./live-fleet.ts";
import { nodePresence } from "./node-presence.ts";

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
