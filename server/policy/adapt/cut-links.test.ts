import { expect, test } from "vitest";
import { CUT_AFTER_MS, type Cut, crossedPairs, cutPairs, isCutOff, learnCuts, type LinkWords } from "./cut-links.ts";

const words = (entries: Record<string, [linked: boolean, atMs: number]>): LinkWords => new Map(Object.entries(entries).map(([key, [linked, atMs]]) => [key, { linked, atMs }]));

/** What agents say each second, from 1 s on. */
function follow(seconds: readonly Record<string, boolean>[]): string[] {
  let cuts: Record<string, Cut> = {};
  let pairs: string[] = [];
  for (const [second, told] of seconds.entries()) {
    const nowMs = (second + 1) * 1_000;
    const now = words(Object.fromEntries(Object.entries(told).map(([key, linked]) => [key, [linked, nowMs]])));
    cuts = learnCuts(cuts, now, nowMs);
    pairs = [...cutPairs(cuts, now).keys()];
  }
  return pairs;
}

test("a link counts as cut once its receiver has said so for long enough, both ways", () => {
  const cut = { "a>b": false, "b>c": true };
  expect(follow([cut, cut])).toEqual([]);
  expect(follow(Array.from({ length: CUT_AFTER_MS / 1_000 + 1 }, () => cut))).toEqual(["a>b", "b>a"]);
});

test("one that comes back in between is not, and the other direction is not where it is linked", () => {
  const [down, up] = [{ "a>b": false }, { "a>b": true }];
  expect(follow([down, down, down, up, down, down])).toEqual([]);
  expect(follow(Array.from({ length: 6 }, () => ({ "a>b": false, "b>a": true })))).toEqual(["a>b"]);
});

test("when nobody uses it any more it stays cut until a later probe is through; one of before says nothing", () => {
  const known = learnCuts({ "a>b": { sinceMs: 1_000, toldMs: 9_000 } }, new Map(), 20_000);
  expect(cutPairs(known, new Map()).has("a>b")).toBe(true);
  expect(learnCuts(known, words({ "a>b": [true, 8_000] }), 20_000)).toEqual(known);
  expect(learnCuts(known, words({ "a>b": [true, 12_000] }), 20_000)).toEqual({});
});

test("one failed probe is no cut, a second one is", () => {
  const once = learnCuts({}, words({ "a>b": [false, 1_000] }), 4_000);
  expect(cutPairs(learnCuts(once, words({ "a>b": [false, 1_000] }), 9_000), new Map()).size).toBe(0);
  expect(cutPairs(learnCuts(once, words({ "a>b": [false, 6_000] }), 9_000), new Map()).size).toBe(2);
});

test("data crosses from where requests enter to each stage and back, and not within a node", () => {
  const nodes = ["s", "a", "b"].map((topologyNodeId) => ({ topologyNodeId })) as never;
  const at = (...ids: string[]) => ids.map((topologyNodeId, from) => ({ from, to: from + 1, topologyNodeId }));
  expect(crossedPairs({ nodes, sourceIndex: null }, at("a", "b"))).toEqual(["a>b", "b>a"]);
  expect(crossedPairs({ nodes, sourceIndex: 0 }, at("a", "a"))).toEqual(["s>a", "a>s"]);
  expect(crossedPairs({ nodes, sourceIndex: 0, entryIds: ["s", "b"] }, at("a", "a"))).toEqual(["s>a", "a>s", "b>a", "a>b"]);
  expect(isCutOff({ nodes, sourceIndex: 0, entryIds: ["s", "b"], cutPairs: new Map([["b>a", 1]]) }, at("a", "a"))).toBe(true);
  expect(isCutOff({ nodes, sourceIndex: 0, cutPairs: new Map([["b>a", 1]]) }, at("a", "a"))).toBe(false);
});
