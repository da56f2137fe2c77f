import { expect, test } from "vitest";
import type { Placement } from "../../planner/plan.ts";
import { BOTH, fetchProblem } from "../../planner/testdata/fetch-problem.ts";
import { type AdaptSettings, DEFAULT_ADAPT_SETTINGS, whyNotNow } from "./adapt-settings.ts";
import { type ControllerMemory, NEW_CONTROLLER, type Observation, stepController } from "./controller.ts";
import { shiftTimes } from "./shift-times.ts";

const HOUR_MS = 3_600_000;
const running: Placement = [{ from: 0, to: 2, topologyNodeId: "tn_0" }];
const settings: AdaptSettings = { ...DEFAULT_ADAPT_SETTINGS, coolDownSeconds: 30 };
const made = fetchProblem([BOTH, BOTH]);
const problem = { ...made, sourceIndex: null, nodes: made.nodes.map((node) => ({ ...node, cordoned: false, approved: true, planned: false, trusted: true, online: true })) };
/** Its node is many times slower than predicted. */
const slow = (nowMs: number, moves: number[]): Observation => ({ nowMs, problem, request: { objective: "latency" }, running, home: running, stageMs: [1e5], hopMs: [], idleSlowdowns: new Map(), linkWords: new Map([["tn_0>tn_1", { linked: false, atMs: nowMs }]]), isMoving: false, moves, moveOverheadSeconds: 3 });

test.each([HOUR_MS, -HOUR_MS])("after a jump of %d ms the controller judges as if there had been none", (byMs) => {
  const startMs = 10 * HOUR_MS;
  let memory: ControllerMemory = NEW_CONTROLLER;
  let nowMs = startMs;
  for (; nowMs < startMs + 30_000; nowMs += 1_000) memory = stepController(memory, slow(nowMs, [startMs]), settings).memory;
  const even = stepController(memory, slow(nowMs, [startMs]), settings);
  const jumped = stepController(shiftTimes(memory, byMs), slow(nowMs + byMs, [startMs + byMs]), settings);
  expect(even.decision.drifts).toHaveLength(1);
  expect(jumped).toEqual(shiftTimes(even, byMs));
  expect(stepController(memory, slow(nowMs + byMs, [startMs]), settings)).not.toEqual(shiftTimes(even, byMs));
  expect(whyNotNow(settings, [nowMs + byMs], nowMs + byMs + 1_000)).toBe(whyNotNow(settings, [nowMs], nowMs + 1_000));
});

test("moments move, spans and figures do not, and what has no moment is the same object", () => {
  const placement = [{ from: 0, to: 2, topologyNodeId: "tn_0" }];
  const before = { atMs: 5, searchedAtMs: 0, burningSinceMs: 7, lowSinceMs: null, computeMs: 3, cuts: { "a>b": { sinceMs: 1, toldMs: 2 } }, refused: [{ maxSize: 2, atMs: 9 }], dwells: [4, 5], placement };
  const after = shiftTimes(before, 100);
  expect(after).toEqual({ atMs: 105, searchedAtMs: 0, burningSinceMs: 107, lowSinceMs: null, computeMs: 3, cuts: { "a>b": { sinceMs: 101, toldMs: 102 } }, refused: [{ maxSize: 2, atMs: 109 }], dwells: [4, 5], placement });
  expect([after.placement === placement, after.dwells === before.dwells]).toEqual([true, true]);
});
