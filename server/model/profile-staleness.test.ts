import { expect, test } from "vitest";
import type { Profile } from "./profile.ts";
import { PROFILE_STALE_AFTER_MS, profileStaleness } from "./profile-staleness.ts";

const profile = { kind: "measured", agentVersion: "1.0.0", ortVersion: "1.30.0" } as Profile;
const ageMs = 3_600_000;

test.each([
  ["fresh", profile, { ageMs, versions: { agentVersion: "1.0.0", ortVersion: "1.30.0" } }, null],
  ["too old", profile, { ageMs: ageMs + PROFILE_STALE_AFTER_MS, versions: null }, "measured 30 days ago"],
  ["another runtime", profile, { ageMs, versions: { agentVersion: "1.0.0", ortVersion: "1.31.0" } }, "measured with ONNX Runtime 1.30.0, the node has 1.31.0"],
  ["another agent", profile, { ageMs, versions: { agentVersion: "1.1.0", ortVersion: "1.30.0" } }, "measured by agent 1.0.0, the node has 1.1.0"],
  ["versions not told then", { ...profile, agentVersion: undefined, ortVersion: undefined } as unknown as Profile, { ageMs, versions: { agentVersion: "1.1.0", ortVersion: "1.31.0" } }, null],
  ["an estimate", { ...profile, kind: "estimated" } as Profile, { ageMs: PROFILE_STALE_AFTER_MS * 2, versions: null }, null],
])("%s", (_, one, now, expected) => expect(profileStaleness(one, now)).toBe(expected));
