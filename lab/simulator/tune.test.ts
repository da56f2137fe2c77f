import { expect, test } from "vitest";
import { makeScene } from "./scenes.ts";
import { DEFAULT_SESSION } from "../../server/planner/default-session.ts";
import type { Placement } from "../../server/planner/plan.ts";
import type { Problem } from "../../server/planner/problem.ts";
import { costToday, findAlternatives, samePlacement } from "../../server/policy/adapt/alternatives.ts";
import { todaysProblem } from "../../server/policy/adapt/todays-problem.ts";

const TWO = { ...DEFAULT_SESSION, intraOpThreads: 2 };
const half = (times: readonly number[]) => times.map((ms) => ms * 0.6);
const MESH = makeScene("mesh", 1);
/** n1 has a second mode, which takes six tenths of the time. */
const PROBLEM: Problem = { ...MESH, nodes: MESH.nodes.map((node) => ({ ...node, memoryLimitBytes: null, ...(node.topologyNodeId === "n1" ? { otherModes: [{ session: TWO, kind: node.kind, layerMs: half(node.layerMs), cumulativeMs: half(node.cumulativeMs), entryMs: half(node.entryMs), exitMs: half(node.exitMs) }] } : {}) })) };
const RUNNING: Placement = [{ from: 0, to: 6, topologyNodeId: "n1" }, { from: 6, to: 12, topologyNodeId: "n2" }];
const REQUEST = { objective: "latency" } as const;
const tuneOf = (...rest: Parameters<typeof findAlternatives>) => findAlternatives(...rest).find((one) => one.kind === "tune")?.placement;

test("threads that the profile says are faster are an alternative: the same cuts on the same nodes", () => {
  const tuned = tuneOf(PROBLEM, REQUEST, RUNNING, RUNNING);
  expect(tuned).toEqual([{ ...RUNNING[0], session: TWO }, RUNNING[1]]);
  expect(costToday(PROBLEM, REQUEST, tuned ?? [])).toBeLessThan(costToday(PROBLEM, REQUEST, RUNNING) ?? 0);
  expect(samePlacement(tuned ?? [], RUNNING)).toBe(false);
});

test("none where no mode is better, where one thread was asked for, and on a node that is slow for reasons nobody knows", () => {
  const tuned = [{ ...RUNNING[0], session: TWO }, RUNNING[1]] as Placement;
  expect(tuneOf(PROBLEM, REQUEST, tuned, RUNNING)).toBeUndefined();
  expect(tuneOf(PROBLEM, { ...REQUEST, defaultModeOnly: true }, RUNNING, RUNNING)).toBeUndefined();
  expect(tuneOf(PROBLEM, REQUEST, RUNNING, RUNNING, { slowed: new Set(["n1"]) })).toBeUndefined();
});

test("what a person placed with other threads is where it goes back to", () => {
  const tuned = [{ ...RUNNING[0], session: TWO }, RUNNING[1]] as Placement;
  expect(findAlternatives(PROBLEM, REQUEST, RUNNING, tuned)[0]).toMatchObject({ kind: "return", placement: tuned });
});

test("a slow node is slow in all its modes", () => {
  const today = todaysProblem(PROBLEM, { nodes: new Map([["n1", 3]]), links: new Map() });
  const [node, before] = [today, PROBLEM].map((problem) => problem.nodes.find((one) => one.topologyNodeId === "n1"));
  expect(node?.otherModes?.[0]?.cumulativeMs.at(-1)).toBeCloseTo(3 * (before?.otherModes?.[0]?.cumulativeMs.at(-1) ?? 0));
});
