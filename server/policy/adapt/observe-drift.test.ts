import { expect, test } from "vitest";
import type { Observation } from "./controller.ts";
import { observeDrift, type Watched } from "./observe-drift.ts";

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
