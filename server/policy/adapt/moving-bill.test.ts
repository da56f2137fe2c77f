import { expect, test } from "vitest";
import type { Placement } from "../../planner/plan.ts";
import { BOTH, FIRST, fetchProblem, NOTHING } from "../../planner/testdata/fetch-problem.ts";
import { movingBill, replicasBill, sumBills } from "./moving-bill.ts";
import { pairKey, todaysProblem } from "./todays-problem.ts";

const whole = (node: number): Placement => [{ from: 0, to: 2, topologyNodeId: `tn_${node}` }];
const halves = (first: number, second: number): Placement => [{ from: 0, to: 1, topologyNodeId: `tn_${first}` }, { from: 1, to: 2, topologyNodeId: `tn_${second}` }];
const seen = (nodeId: string, megabytes: number, loadMs: number, warmMs: number) => ({ nodeId, bytes: megabytes * 1e6, loadMs, warmMs });

test("what a move costs, by hand: half of it lies there, half comes from the node that runs it, loading and first run as seen there", () => {
  const problem = { ...fetchProblem([BOTH, FIRST], () => 50e6), seenLoads: [seen("tn_1", 100, 1_000, 200)] };
  const bill = movingBill(problem, whole(0), whole(1), 3);
  // 100 MB at 50 MB/s; all 200 MB are loaded, at 100 MB/s.
  expect(bill.parts).toEqual({ fetchSeconds: 2, loadSeconds: 2, warmSeconds: 0.2, otherSeconds: 3, loading: "measured", from: [{ topologyNodeId: "tn_0", bytes: 100e6 }] });
  expect(bill).toMatchObject({ bytes: 100e6, seconds: 7.2, shortOfMemory: [] });
  expect(bill.costSeconds).toBeCloseTo(1.72);
  // Nothing was seen: 300 MB/s and half a second, and it says so.
  const unseen = movingBill({ ...problem, seenLoads: [] }, whole(0), whole(1), 3);
  expect(unseen.parts).toMatchObject({ loading: "estimated", warmSeconds: 0.5 });
  expect(unseen.parts.loadSeconds).toBeCloseTo(2 / 3);
});

test("links as they are today: slower by its drift, and none where it is cut", () => {
  const problem = fetchProblem([BOTH, NOTHING, BOTH], (from) => (from === 0 ? 100e6 : 20e6));
  const fetch = (slowdown: number, cut = false) => {
    const key = pairKey("tn_0", "tn_1");
    const { parts } = movingBill(todaysProblem(problem, { nodes: new Map(), links: new Map([[key, slowdown]]) }, new Map(cut ? [[key, 1]] : [])), whole(0), whole(1), 0);
    return [parts.fetchSeconds, parts.from?.[0]?.topologyNodeId];
  };
  expect(fetch(1)).toEqual([2, "tn_0"]);
  expect(fetch(2)).toEqual([4, "tn_0"]);
  // Ten times slower, the other holder is nearer.
  expect(fetch(10)).toEqual([10, "tn_2"]);
  expect(fetch(1, true)).toEqual([10, "tn_2"]);
});

test("the node that takes longest is what a move waits for; what stays is not loaded again", () => {
  const problem = { ...fetchProblem([BOTH, NOTHING, NOTHING], () => 100e6), seenLoads: [seen("tn_1", 100, 500, 10), seen("tn_2", 100, 4_000, 10)] };
  expect(movingBill(problem, whole(0), halves(1, 2), 0).parts).toMatchObject({ fetchSeconds: 2, loadSeconds: 4, warmSeconds: 0.01 });
  expect(movingBill(problem, halves(0, 2), halves(1, 2), 0).parts).toMatchObject({ fetchSeconds: 1, loadSeconds: 0.5 });
  expect(movingBill(problem, whole(0), whole(0), 0)).toMatchObject({ bytes: 0, seconds: 0 });
  // Other threads: nothing is fetched, all is loaded.
  const tuned = movingBill(problem, whole(1), whole(1).map((stage) => ({ ...stage, session: { intraOpThreads: 4 } })) as Placement, 0);
  expect(tuned.parts.loadSeconds).toBe(1);
});

test("where it is not known who holds what, each node's best line is taken, and nobody is named", () => {
  const { fetch: _fetch, ...problem } = fetchProblem([BOTH, NOTHING, NOTHING], (from) => (from === 2 ? 200e6 : 50e6));
  const { parts } = movingBill(problem, whole(0), whole(1), 0);
  expect(parts.fetchSeconds).toBe(1);
  expect(parts.from).toBeUndefined();
});

test("a further replica comes from whoever runs one; steps take what each takes", () => {
  const problem = fetchProblem([null, NOTHING]);
  const added = replicasBill(problem, [whole(0)], [whole(0), whole(1)], 1);
  expect(added).toMatchObject({ bytes: 200e6, parts: { fetchSeconds: 2, from: [{ topologyNodeId: "tn_0", bytes: 200e6 }] } });
  const twice = sumBills([added, added]);
  expect(twice).toMatchObject({ bytes: 400e6, seconds: 2 * added.seconds, parts: { fetchSeconds: 4, otherSeconds: 2, loading: "estimated", from: [{ topologyNodeId: "tn_0", bytes: 400e6 }] } });
  const { parts } = twice;
  expect(parts.fetchSeconds + parts.loadSeconds + parts.warmSeconds + parts.otherSeconds).toBeCloseTo(twice.seconds);
});

test("it is the same of what a decision's snapshot keeps as JSON", () => {
  const problem = { ...fetchProblem([BOTH, FIRST]), seenLoads: [seen("tn_1", 100, 1_000, 200)] };
  const bill = movingBill(problem, whole(0), whole(1), 3);
  expect(JSON.parse(JSON.stringify(bill))).toEqual(bill);
  expect(movingBill(structuredClone(problem), whole(0), whole(1), 3)).toEqual(bill);
});
