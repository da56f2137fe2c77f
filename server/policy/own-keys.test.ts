import { expect, test } from "vitest";
import { MAX_OWN_KEYS } from "../../agents/protocol/own-key.ts";
import { ownKeysOf } from "./own-keys.ts";

const limits = { requestsPerSecond: 1, burst: 2, maxInFlight: 3 };

test("a route says nothing of keys that are alike, the same in whatever order they were found, and never more than it may", () => {
  expect(ownKeysOf({ ownKeys: [] })).toEqual({});
  const own = ["b", "a"].map((hash) => ({ keyId: `crd_${hash}`, hash, limits }));
  expect(JSON.stringify(ownKeysOf({ ownKeys: own }))).toBe(JSON.stringify({ ownKeys: { a: { limits }, b: { limits } } }));
  const many = Array.from({ length: MAX_OWN_KEYS + 1 }, (_, index) => ({ keyId: "", hash: `h${index}`, limits }));
  expect(Object.keys(ownKeysOf({ ownKeys: many }).ownKeys!)).toHaveLength(MAX_OWN_KEYS);
});
