import { expect, test } from "vitest";
import type { Placement } from "../planner/plan.ts";
import type { Problem } from "../planner/problem.ts";
import { randomProblem } from "../planner/testdata/random-problem.ts";
import { movingBill } from "./adapt/moving-bill.ts";
import { wayAround } from "./way-around.ts";

const PROCESS_MB = 106;
function chain(limitsMb: number[]): Problem {
  const problem = randomProblem(1, { layers: 6, nodes: limitsMb.length });
  const path = { latencyMs: 1, bandwidthBytesPerSecond: 1e8, kind: "measured" as const, via: [], linkIds: [], trusted: true };
  return { ...problem, cutLegal: problem.cutLegal.map(() => true), layerWeightBytes: problem.layerWeightBytes.map(() => 10e6), layerWorkspaceBytes: problem.layerWorkspaceBytes.map(() => 0), paths: limitsMb.map(() => limitsMb.map(() => path)), nodes: problem.nodes.map((node, index) => ({ ...node, memoryLimitBytes: (limitsMb[index] as number) * 1e6 })) };
}
const at = (...stages: [number, number, number][]): Placement => stages.map(([from, to, node]) => ({ from, to, topologyNodeId: `tn_${node}` }));
const running = at([0, 3, 0], [3, 6, 1]);
const target = at([0, 3, 1], [3, 6, 0]);
const around = (problem: Problem, pauseSeconds: number, costNow: number | null = 20) => {
  const direct = movingBill(problem, running, target, 1);
  expect(direct.shortOfMemory.length).toBeGreaterThan(0);
  return { direct, way: wayAround(problem, direct, { running, target, request: { objective: "latency" }, overheadSeconds: 1, pauseSeconds, costNow }) };
};

test("in steps it costs what its steps cost, whether it may pause or not", () => {
  const { direct, way } = around(chain([PROCESS_MB + 35, 2 * PROCESS_MB + 70]), 0);
  expect(way?.said).toContain("handed over in 2 steps");
  expect(way?.pauses).toBe(false);
  expect(way?.bill.shortOfMemory).toEqual([]);
  expect(way?.bill.costSeconds).toBeGreaterThan(direct.costSeconds);
  expect(way?.bill.seconds).toBeGreaterThan(direct.seconds);
});

test("a pause is refused unless so long is allowed, and costs what requests wait meanwhile", () => {
  const problem = chain([PROCESS_MB + 35, PROCESS_MB + 35]);
  expect(around(problem, 0).way).toBeNull();
  expect(around(problem, 1).way).toBeNull();
  const { direct, way } = around(problem, 600);
  expect(way?.said).toContain("nothing serves for about");
  expect(way?.pauses).toBe(true);
  // Seconds of waiting are many requests' worth of 20 ms.
  expect(way?.bill.costSeconds).toBeGreaterThan(direct.costSeconds + 100);
});
