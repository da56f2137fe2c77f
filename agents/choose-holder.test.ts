import { expect, test } from "vitest";
import { AVOID_FAILED_MS, chooseHolder, type Holder } from "./choose-holder.ts";

const holder = (nodeId: string | null, more: Partial<Holder> = {}): Holder => ({ nodeId, via: null, bytesPerSecond: 10e6, roundTripMs: 1, transfers: 0, failedAtMs: null, ...more });
const order = (candidates: Holder[], nowMs = 0, bytes = 10e6) => chooseHolder(bytes, candidates, nowMs).holders.map(({ nodeId, via }) => (via ? `${nodeId}/${via}` : (nodeId ?? "console")));

test.each<[string, Holder[], string[]]>([
  ["the wider link wins", [holder(null), holder("a"), holder("b", { bytesPerSecond: 50e6 })], ["b", "a", "console"]],
  ["a wide link that is shared loses to a narrower one that is free", [holder(null, { bytesPerSecond: 1e6 }), holder("a", { bytesPerSecond: 20e6, transfers: 3 }), holder("b")], ["b", "a", "console"]],
  ["a slow peer does not come before a faster console", [holder("a", { bytesPerSecond: 1e6 }), holder(null)], ["console", "a"]],
  ["where nothing is known a peer comes first: the console is everybody's", [holder(null, { bytesPerSecond: null }), holder("a", { bytesPerSecond: null })], ["a", "console"]],
  ["a relay takes each byte twice", [holder(null, { bytesPerSecond: 4e6 }), holder("a", { via: "r", bytesPerSecond: 15e6 }), holder("b")], ["b", "a/r", "console"]],
  ["alike ones by their names, so that the order is always the same", [holder("c"), holder("b"), holder("a"), holder(null)], ["a", "b", "c", "console"]],
])("%s", (_name, candidates, wanted) => {
  expect(order(candidates)).toEqual(wanted);
  expect(order([...candidates].reverse())).toEqual(wanted);
});

test("for few bytes the nearer one wins over the wider one", () => {
  const candidates = [holder("far", { bytesPerSecond: 100e6, roundTripMs: 80 }), holder("near", { bytesPerSecond: 10e6, roundTripMs: 1 })];
  expect(order(candidates, 0, 10_000)[0]).toBe("near");
  expect(order(candidates, 0, 10e6)[0]).toBe("far");
});

test("a peer that failed is left alone for a while; the console never is, and is always there at the end", () => {
  const failed = [holder("a", { failedAtMs: 0 }), holder(null, { failedAtMs: 0 })];
  expect(order(failed, AVOID_FAILED_MS - 1)).toEqual(["console"]);
  expect(order(failed, AVOID_FAILED_MS)).toEqual(["a", "console"]);
  expect(order([..."abcdef"].map((id) => holder(id)).concat(holder(null, { bytesPerSecond: 1 })))).toEqual(["a", "b", "c", "console"]);
});
