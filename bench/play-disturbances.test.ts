import { expect, test } from "vitest";
import { asDisturbances, linkName } from "./play-disturbances.ts";

test("a story is what is so at each moment, whatever order it is told in, and what happens once", () => {
  const { momentAt, happenings } = asDisturbances([
    { atMs: 9_000, node: "a", slower: 1, says: "over" },
    { atMs: 1_000, node: "a", slower: 4, says: "slow" },
    { atMs: 2_000, link: ["b", "a"], slower: 3, says: "long" },
    { atMs: 5_000, node: "b", does: "dies", says: "gone" },
  ]);
  expect(momentAt(0)).toEqual({ nodes: new Map(), links: new Map() });
  expect(momentAt(2_000)).toEqual({ nodes: new Map([["a", 4]]), links: new Map([[linkName("a", "b"), 3]]) });
  expect(momentAt(9_500).nodes.get("a")).toBe(1);
  expect(happenings.map(({ node, does }) => [node, does])).toEqual([["b", "dies"]]);
});
