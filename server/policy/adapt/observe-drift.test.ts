import { expect, test } from "vitest";
import { seededRandom } from "../../model/seeded-random.ts";
import { randomProblem } from "../../planner/testdata/random-problem.ts";
import type { Observation } from "./controller.ts";
import { observeDrift, type Watched } from "./observe-drift.ts";
import { NEW_SIGNAL } from "./signal.ts";

const PROBLEM = { nodes: [{ topologyNodeId: "a" }, { topologyNodeId: "b" }], paths: [[null, null], [null, null]] };
/** Nothing is measured but what a test adds: idle nodes tell their pace. */
const seen = (nowMs: number, over: Partial<Observation> = {}): Observation => ({
  nowMs, problem: PROBLEM as unknown as Observation["problem"], request: { objective: "latency" }, running: [], home: [], stageMs: [], hopMs: [], idleSlowdowns: new Map(), isMoving: false, moves: [], moveOverheadSeconds: 0, ...over,
});
const START: Watched = { signals: {}, served: [] };
const loss = (factor: number, sinceMs: number) => new Map([["b", { factor, sinceMs }]]);

test("a node that may use a tenth of a core has drifted at once, by ten times, and not twice", () => {
  const first = observeDrift(START, seen(1000, { coreLosses: loss(10, 900) }));
  expect(first.drifts).toMatchObject([{ key: "node:b", kind: "node", subject: "b", sinceMs: 900 }]);
  expect(first.drifts[0]?.factor).toBeCloseTo(10);
  expect(first.slowdowns.nodes.get("b")).toBeCloseTo(10);
  expect(observeDrift(first.watched, seen(1250, { coreLosses: loss(10, 900) })).drifts).toHaveLength(1);
});

test("cores that come back end the drift of a node that runs nothing", () => {
  const { watched } = observeDrift(START, seen(1000, { coreLosses: loss(10, 900) }));
  expect(observeDrift(watched, seen(2000)).drifts).toEqual([]);
});

/** A node's own pace, once a second: mostly short of its best, by the spread of what else runs there. */
function idlePaces({ seconds, slower = () => 1, seed }: { seconds: number; slower?: (second: number) => number; seed: number }, before: Watched = START) {
  const random = seededRandom(seed);
  let watched = before;
  const drifting: number[] = [];
  for (let second = 1; second <= seconds; second++) {
    const slowdown = slower(second) * Math.exp(0.3 * random());
    const looked = observeDrift(watched, seen(second * 1000, { idleSlowdowns: new Map([["node:b", slowdown]]) }));
    watched = looked.watched;
    if (looked.drifts.length > 0) drifting.push(second);
  }
  return { watched, drifting };
}

test("an idle node that stays short of its best is as it usually is, for ten minutes and whatever it is used for later", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const { watched, drifting } = idlePaces({ seconds: 600, seed });
    expect(drifting, `seed ${seed}`).toEqual([]);
    expect(watched.signals["node:b"]?.bias).toBe(0);
  }
});

test("an idle node that becomes twice as slow has drifted within four reports, and has not when it is well again", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const { drifting } = idlePaces({ seconds: 120, slower: (second) => (second > 60 && second <= 90 ? 2 : 1), seed });
    expect(drifting[0], `seed ${seed}`).toBeGreaterThan(60);
    expect(drifting[0]).toBeLessThanOrEqual(64);
    expect(drifting.at(-1)).toBeLessThanOrEqual(96);
  }
});

test("what an idle node showed is no measure of what its prediction is off by: used, it begins anew", () => {
  const problem = randomProblem(3, { layers: 2, nodes: 1, tightMemory: false, source: false });
  const id = problem.nodes[0]?.topologyNodeId ?? "";
  const signal = idlePaces({ seconds: 200, seed: 1 }).watched.signals["node:b"];
  expect(signal?.samples).toBeGreaterThan(100);
  const { watched } = observeDrift({ signals: { [`node:${id}`]: signal ?? NEW_SIGNAL }, served: [] }, seen(201_000, { problem, running: [{ from: 0, to: 2, topologyNodeId: id }] }));
  expect(watched.signals[`node:${id}`]?.samples).toBe(0);
  expect(watched.served).toEqual([id]);
});
