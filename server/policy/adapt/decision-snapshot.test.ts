import { expect, test } from "vitest";
import type { Placement } from "../../planner/plan.ts";
import { BOTH, fetchProblem, NOTHING } from "../../planner/testdata/fetch-problem.ts";
import { NEW_CONTROLLER } from "./controller.ts";
import { decideAgain, type DecisionSnapshot, differenceOf } from "./decision-snapshot.ts";

const running: Placement = [{ from: 0, to: 2, topologyNodeId: "tn_0" }];

/** The node that runs all is lost; another one holds the weights. */
function snapshot(): DecisionSnapshot {
  const made = fetchProblem([BOTH, NOTHING, BOTH]);
  const problem = { ...made, seenLoads: [{ nodeId: "tn_1", bytes: 100e6, loadMs: 1_000, warmMs: 100 }], sourceIndex: null, nodes: made.nodes.map((node, index) => ({ ...node, cordoned: false, approved: true, planned: false, trusted: true, online: index !== 0 })) };
  return {
    before: NEW_CONTROLLER,
    seen: { nowMs: 1_000, problem, request: { objective: "latency", pins: [{ from: 0, to: 2, topologyNodeId: "tn_1" }] }, running, home: running, stageMs: [], hopMs: [], idleSlowdowns: new Map(), isMoving: false, moves: [], moveOverheadSeconds: 3 },
    settings: { mode: "automatic", coolDownSeconds: 0, movesPerHour: 100, protectedWindows: [], pauseSeconds: 0, repairLosses: "always" },
  };
}

test("what is kept is decided again as it was, with what its move's seconds consist of", () => {
  const first = decideAgain(snapshot());
  expect(first.target?.bill).toMatchObject({ seconds: 7.1, parts: { fetchSeconds: 2, loadSeconds: 2, warmSeconds: 0.1, otherSeconds: 3, loading: "measured", from: [{ topologyNodeId: "tn_2", bytes: 200e6 }] } });
  const again = decideAgain(structuredClone(snapshot()));
  expect(again).toEqual(first);
  const { verdict, alternatives, target } = first;
  expect(differenceOf(again, { verdict, alternatives, chosen: target ? alternatives.indexOf(target) : null })).toBeNull();
});

test("one of before it was known who holds what and how long loading takes is read as ever", () => {
  const kept = snapshot();
  const { fetch: _fetch, seenLoads: _seenLoads, ...problem } = kept.seen.problem;
  const { target, verdict } = decideAgain({ ...kept, seen: { ...kept.seen, problem } });
  expect(verdict).toBe("act");
  expect(target?.bill.parts).toMatchObject({ fetchSeconds: 2, warmSeconds: 0.5, loading: "estimated" });
  expect(target?.bill.parts.from).toBeUndefined();
});
