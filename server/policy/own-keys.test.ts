import { expect, test } from "vitest";
import { MAX_OWN_KEYS } from "../../agents/protocol/own-key.ts";
import { ownKeysOf } from "./own-keys.ts";

const limits = { requestsPerSecond: 1, burst: 2, maxInFlight: 3 };

const at = { nodeId: "a", entered: ["a"], nowMs: Date.parse("2026-11-27T10:00:00Z") };

test("a route says nothing of keys that are alike, the same in whatever order they were found, and never more than it may", () => {
  expect(ownKeysOf({ ownKeys: [] }, at)).toEqual({});
  const own = ["b", "a"].map((hash) => ({ keyId: `crd_${hash}`, hash, limits, quota: null, usage: [] }));
  expect(JSON.stringify(ownKeysOf({ ownKeys: own }, at))).toBe(JSON.stringify({ ownKeys: { a: { limits }, b: { limits } } }));
  const many = Array.from({ length: MAX_OWN_KEYS + 1 }, (_, index) => ({ keyId: "", hash: `h${index}`, limits, quota: null, usage: [] }));
  expect(Object.keys(ownKeysOf({ ownKeys: many }, at).ownKeys!)).toHaveLength(MAX_OWN_KEYS);
  expect(ownKeysOf({ ownKeys: [{ keyId: "crd_q", hash: "q", limits: null, quota: { perDay: 9, perMonth: null }, usage: [] }] }, at).ownKeys).toMatchObject({ q: { keyId: "crd_q", quotas: [{ per: "day", requests: 9, share: 9, period: "2026-11-27" }] } });
});
