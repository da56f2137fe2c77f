import { expect, test } from "vitest";
import { linksOf } from "./time-split.ts";

const told = (runs: number, ...links: [from: string, to: string, frames: number, ms: number][]) => ({ execution_count: runs, link_stats: links.map(([from, to, count, ms]) => ({ from, to, network: { count, ns: ms * 1e6 } })) });

test("what a run spends on a link is of all its hops there: of the way there and back, where both are within one node", () => {
  expect(linksOf(told(10, ["a", "a", 20, 50]), told(0))).toEqual([5]);
  expect(linksOf(told(30, ["a", "b", 60, 90], ["b", "a", 60, 30]), told(10, ["a", "b", 20, 30], ["b", "a", 20, 10]))).toEqual([3, 1]);
});
