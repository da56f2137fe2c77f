import { expect, test } from "vitest";
import { diffPlacements } from "./diff-placements.ts";
import { fetchSeconds, transferFinder } from "./fetch-sources.ts";
import type { Placement } from "./plan.ts";
import type { Problem } from "./problem.ts";
import { BOTH, FIRST, fetchProblem, NOTHING, SECOND } from "./testdata/fetch-problem.ts";

const whole = (node: number): Placement => [{ from: 0, to: 2, topologyNodeId: `tn_${node}` }];
const halves = (first: number, second: number): Placement => [{ from: 0, to: 1, topologyNodeId: `tn_${first}` }, { from: 1, to: 2, topologyNodeId: `tn_${second}` }];
const found = (problem: Problem, running: Placement, target: Placement) => {
  const find = transferFinder(problem, running);
  return find === null ? null : target.flatMap(find);
};
const seconds = (problem: Problem, running: Placement, target: Placement) => [...fetchSeconds(problem, found(problem, running, target) ?? [])];

test("every piece comes from the nearest node that holds it, and the console gives what none does", () => {
  // To node 3: from 0 at 50 MB/s, from 1 at 20 MB/s, from 2, which holds nothing, at 1 GB/s.
  const rates = (from: number, to: number) => (to === 3 ? ([50e6, 20e6, 1e9][from] ?? 0) : 100e6);
  const problem = fetchProblem([FIRST, BOTH, NOTHING, NOTHING], rates);
  expect(found(problem, [], whole(3))).toEqual([{ fromIndex: 0, toIndex: 3, bytes: 100e6 }, { fromIndex: 1, toIndex: 3, bytes: 100e6 }]);
  // 2 s and 5 s, one after the other.
  expect(seconds(problem, [], whole(3))).toEqual([[3, 7]]);
  // Nobody holds the second half: the console's way is taken for the node's best line.
  expect(found(fetchProblem([FIRST, FIRST, NOTHING, NOTHING], rates), [], whole(3))).toEqual([{ fromIndex: 0, toIndex: 3, bytes: 100e6 }, { fromIndex: null, toIndex: 3, bytes: 100e6 }]);
});

test("a line that is slow today is taken no more than one that is cut, or a node that is away", () => {
  const rates = (slow: number) => (from: number, to: number) => (from === 0 && to === 2 ? slow : 10e6);
  const target = whole(2);
  const from = (problem: Problem) => found(problem, [], target)?.map((one) => one.fromIndex);
  expect(from(fetchProblem([BOTH, BOTH, NOTHING], rates(50e6)))).toEqual([0]);
  expect(from(fetchProblem([BOTH, BOTH, NOTHING], rates(1e6)))).toEqual([1]);
  expect(from(fetchProblem([BOTH, BOTH, NOTHING], rates(0)))).toEqual([1]);
  const away = fetchProblem([BOTH, BOTH, NOTHING], rates(50e6));
  expect(from({ ...away, nodes: away.nodes.map((node, index) => (index === 0 ? { ...node, online: false } : node)) })).toEqual([1]);
  // Its only holder behind a line slower than what agents take the console for: the console is asked.
  expect(from(fetchProblem([BOTH, NOTHING, NOTHING], rates(1e6)))).toEqual([null]);
});

test("two that fetch from one holder share its best line; a second holder takes one of them", () => {
  const halved = halves(1, 2);
  // 100 MB each at 100 MB/s; together 200 MB out of one node.
  expect(seconds(fetchProblem([BOTH, NOTHING, NOTHING, NOTHING]), [], halved)).toEqual([[1, 2], [2, 2]]);
  expect(seconds(fetchProblem([BOTH, NOTHING, NOTHING, BOTH]), [], halved)).toEqual([[1, 1], [2, 1]]);
  // Out of its faster line both go at their own pace: 1 s over 100 MB/s, 10 s over 10 MB/s, 0.11 s apiece out of 900 MB/s.
  const rates = (from: number, to: number) => (from === 0 ? ([0, 100e6, 10e6, 900e6][to] ?? 0) : 100e6);
  expect(seconds(fetchProblem([BOTH, NOTHING, NOTHING, NOTHING], rates), [], halved)).toEqual([[1, 1], [2, 10]]);
  // Nobody holds any of it: both from the console.
  expect(seconds(fetchProblem([NOTHING, NOTHING, NOTHING]), [], halved)).toEqual([[1, 2], [2, 2]]);
});

test("two ways over one drawn line share it", () => {
  const problem = fetchProblem([FIRST, SECOND, NOTHING, NOTHING]);
  const shared = { id: "lnk_1>", bandwidthBytesPerSecond: 100e6, pricePerGigabyte: 0 };
  const over = { ...problem, paths: problem.paths.map((row) => row.map((path, to) => (path && to >= 2 ? { ...path, hops: [shared] } : path))) };
  expect(seconds(over, [], halves(2, 3))).toEqual([[2, 2], [3, 2]]);
});

test("who has not told holds what it runs; what lies there or was brought by a stage before is not fetched again", () => {
  const problem = fetchProblem([null, SECOND, NOTHING]);
  expect(found(problem, whole(0), whole(1))).toEqual([{ fromIndex: 0, toIndex: 1, bytes: 100e6 }]);
  expect(found(problem, whole(0), [...whole(2), ...whole(2)])).toHaveLength(1);
  const { fetch: _fetch, ...old } = problem;
  expect(transferFinder(old, whole(0))).toBeNull();
});

test("all that a change brings comes from somebody, whoever holds what", () => {
  const caches = [NOTHING, FIRST, SECOND, BOTH, null];
  for (let seed = 0; seed < 625; seed += 3) {
    const problem = fetchProblem([0, 1, 2, 3].map((index) => caches[Math.floor(seed / 5 ** index) % 5] ?? null), (from, to) => 1e6 * (1 + ((seed + 7 * from + 3 * to) % 40)));
    const [running, target] = [halves(0, 1), seed % 2 === 0 ? halves(2, 3) : whole(3)];
    const transfers = found(problem, running, target) ?? [];
    expect(transfers.reduce((sum, one) => sum + one.bytes, 0)).toBe(diffPlacements(problem, running, target).shipBytes);
    expect(transfers.every((one) => one.bytes > 0 && one.fromIndex !== one.toIndex)).toBe(true);
  }
});
