import { expect, test } from "vitest";
import { NEW_CONTROLLER, type Observation, stepController } from "../../server/policy/adapt/controller.ts";
import type { Placement } from "../../server/planner/plan.ts";
import { makeScene } from "./scenes.ts";

const SCENE = makeScene("mesh", 1);
const PROBLEM = { ...SCENE, nodes: SCENE.nodes.map((node) => ({ ...node, memoryLimitBytes: null })) };
const RUNNING: Placement = [{ from: 0, to: 6, topologyNodeId: "n1" }, { from: 6, to: 12, topologyNodeId: "n2" }];
const HOME: Placement = [{ from: 0, to: 6, topologyNodeId: "n1" }, { from: 6, to: 12, topologyNodeId: "n3" }];
const SETTINGS = { mode: "automatic" as const, coolDownSeconds: 0, movesPerHour: 100, protectedWindows: [], pauseSeconds: 0, repairLosses: "always" as const };
const lost = (...ids: string[]) => ({ ...PROBLEM, nodes: PROBLEM.nodes.map((node) => (ids.includes(node.topologyNodeId) ? { ...node, online: false } : node)) });
const seen = (nowMs: number, problem: Observation["problem"]): Observation => ({ nowMs, problem, request: { objective: "latency" }, running: RUNNING, home: HOME, stageMs: [], hopMs: [], idleSlowdowns: new Map(), isMoving: false, moves: [], moveOverheadSeconds: 3 });

test("what was found a moment before a node was lost is no answer to that: it is looked for anew at once, and again where a further one is lost", () => {
  let { memory } = stepController(NEW_CONTROLLER, seen(1_000, PROBLEM), SETTINGS);
  expect(memory.searchedAtMs).toBe(1_000);
  const targets: string[][] = [];
  for (const [nowMs, ...gone] of [[1_500, "n2"], [2_000, "n2", "n1"]] as [number, ...string[]][]) {
    const step = stepController(memory, seen(nowMs, lost(...gone)), SETTINGS);
    memory = step.memory;
    expect(step.decision.verdict).toBe("act");
    expect(memory.searchedAtMs).toBe(nowMs);
    targets.push(step.decision.target?.placement.map((stage) => stage.topologyNodeId) ?? []);
    for (const id of gone) expect(targets.at(-1)).not.toContain(id);
  }
  // The same loss is not looked at anew each time.
  expect(stepController(memory, seen(2_500, lost("n2", "n1")), SETTINGS).memory.searchedAtMs).toBe(2_000);
});
