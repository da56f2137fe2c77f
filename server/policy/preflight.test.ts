import { expect, test } from "vitest";
import { MAX_CLOCK_OFFSET_MS, PREFLIGHT_KEYS, type PreflightFacts, preflight } from "./preflight.ts";

const hardware = { hostname: "h", platform: "linux", arch: "x64", cpuModel: "c", cores: 4, memoryBytes: 8e9, memoryAvailableBytes: 4e9, diskFreeBytes: 9e9, providers: ["cpu"], deviceClass: "d", nodeVersion: "20.19.0", agentVersion: "1.0.0", ortVersion: "1.2.3" };
const fit: PreflightFacts = { presence: "online", hardware, clockOffsetMs: 12, consoleVersion: "1.0.0", peers: [{ name: "b", rttMs: 1.25, error: null, inboundError: null }] };
const statusOf = (facts: PreflightFacts) => Object.fromEntries(preflight(facts).map((check) => [check.key, check.status]));

test("a fit node passes every check, in their order", () => {
  expect(preflight(fit).map((check) => check.key)).toEqual([...PREFLIGHT_KEYS]);
  expect(new Set(preflight(fit).map((check) => check.status))).toEqual(new Set(["ok"]));
});

test("before it connects nothing is wrong and everything waits", () => {
  expect(new Set(preflight({ ...fit, presence: "connecting", hardware: null, clockOffsetMs: null, peers: [] }).map((check) => check.status))).toEqual(new Set(["waiting"]));
});

test("each thing that keeps a node from serving fails its own check and says what helps", () => {
  const unfit: PreflightFacts = { presence: "lost", hardware: { ...hardware, providers: [], memoryAvailableBytes: 1, diskFreeBytes: 1, agentVersion: "0.9.0" }, clockOffsetMs: -MAX_CLOCK_OFFSET_MS - 1, consoleVersion: "1.0.0", peers: [{ name: "b", rttMs: 1, error: null, inboundError: "refused" }] };
  expect(statusOf(unfit)).toEqual({ connection: "bad", clock: "bad", version: "warn", providers: "bad", memory: "bad", disk: "bad", peers: "bad" });
  for (const check of preflight(unfit)) expect(check.fix).not.toBeNull();
});

test("a clock a few seconds off is worth a word, a peer not measured yet is not", () => {
  expect(statusOf({ ...fit, clockOffsetMs: 5_000, peers: [{ name: "b", rttMs: null, error: null, inboundError: null }] })).toMatchObject({ clock: "warn", peers: "waiting" });
});
