import { expect, test } from "vitest";
import { diffPlacements } from "./diff-placements.ts";
import { estimatePlacement, hopFigures, ingressMs } from "./estimate.ts";
import type { Placement } from "./plan.ts";
import type { Problem } from "./problem.ts";
import { SERVING_COSTS } from "./serving-costs.ts";
import { randomProblem } from "./testdata/random-problem.ts";

function connected(seed: number): Problem {
  const problem = randomProblem(seed, { layers: 6, nodes: 3 });
  problem.paths = problem.paths.map((row) => row.map((path) => path ?? { latencyMs: 2, bandwidthBytesPerSecond: 2e7, kind: "measured", via: [], linkIds: [], trusted: true }));
  return problem;
}
const placement: Placement = [
  { from: 0, to: 2, topologyNodeId: "tn_0" },
  { from: 2, to: 4, topologyNodeId: "tn_1" },
  { from: 4, to: 6, topologyNodeId: "tn_2" },
];

test("latency adds up its parts and throughput is the slowest one's", () => {
  const problem = connected(1);
  const estimate = estimatePlacement(problem, placement);
  if (!estimate) throw new Error("no estimate");
  const parts = ingressMs(problem) + estimate.stages.reduce((sum, stage) => sum + stage.computeMs + (stage.handoverMs ?? 0), 0) + estimate.hops.reduce((sum, hop) => sum + hop.latencyMs + hop.transferMs, 0);
  expect(estimate.latencyMs).toBeCloseTo(parts, 9);
  expect(estimate.hops).toHaveLength(4);
  expect(estimate.hops[0]?.kind).toBe("local");
  const slowest = Math.max(...estimate.stages.map((stage) => stage.computeMs + (stage.handoverMs ?? 0)), ...estimate.hops.filter((hop) => hop.kind !== "local").map((hop) => hop.transferMs));
  expect(estimate.throughputPerSecond).toBeCloseTo(1000 / slowest, 9);
});

test.each(Array.from({ length: 10 }, (_, seed) => seed))("more bandwidth is never slower, more latency never faster: seed %i", (seed) => {
  const problem = connected(seed);
  const wider: Problem = { ...problem, paths: problem.paths.map((row) => row.map((path) => path && { ...path, bandwidthBytesPerSecond: path.bandwidthBytesPerSecond * 2 })) };
  const farther: Problem = { ...problem, paths: problem.paths.map((row) => row.map((path) => path && { ...path, latencyMs: path.latencyMs + 1 })) };
  const base = estimatePlacement(problem, placement);
  expect(estimatePlacement(wider, placement)?.latencyMs).toBeLessThanOrEqual(base?.latencyMs ?? 0);
  expect(estimatePlacement(wider, placement)?.throughputPerSecond).toBeGreaterThanOrEqual(base?.throughputPerSecond ?? 0);
  expect(estimatePlacement(farther, placement)?.latencyMs).toBeGreaterThan(base?.latencyMs ?? 0);
});

test("a link faster than encryption takes as long as a hand-over within the node, a slower one as long as its bandwidth says", () => {
  const problem = connected(3);
  const bytes = 1_000_000;
  const over = (bandwidthBytesPerSecond: number) => hopFigures({ ...problem, paths: problem.paths.map((row) => row.map((path) => path && { ...path, bandwidthBytesPerSecond })) }, 0, 1, bytes)?.transferMs;
  expect(over(1e12)).toBe(bytes * SERVING_COSTS.handlingMsPerByte);
  expect(over(1e12)).toBe(hopFigures(problem, 0, 0, bytes)?.transferMs);
  expect(over(1e7)).toBeCloseTo(100, 9);
});

test("larger requests and answers cost more at the ingress, wherever the stages are", () => {
  const problem = connected(6);
  const larger: Problem = { ...problem, inputBytes: problem.inputBytes + 1e6, outputBytes: problem.outputBytes + 1e6 };
  expect(ingressMs(larger) - ingressMs(problem)).toBeCloseTo(4, 9);
});

test("two stages on one node share its time", () => {
  const problem = connected(2);
  const shared = estimatePlacement(problem, placement.map((stage) => ({ ...stage, topologyNodeId: "tn_1" })));
  const compute = shared?.stages.reduce((sum, stage) => sum + stage.computeMs + (stage.handoverMs ?? 0), 0) ?? 0;
  expect(shared?.bottleneckMs).toBeCloseTo(compute, 9);
  expect(shared?.memory).toHaveLength(1);
});

test("a cut costs what it costs at both of its ends, and a frame what both nodes take for it", () => {
  const problem = connected(7);
  const before = estimatePlacement(problem, placement);
  const [first, second] = problem.nodes;
  if (!first || !second) throw new Error("no nodes");
  first.exitMs[2] = (first.exitMs[2] ?? 0) + 1;
  second.entryMs[2] = (second.entryMs[2] ?? 0) + 2;
  second.frameMs += 4;
  const after = estimatePlacement(problem, placement);
  expect((after?.stages[0]?.computeMs ?? 0) - (before?.stages[0]?.computeMs ?? 0)).toBeCloseTo(1, 9);
  expect((after?.stages[1]?.computeMs ?? 0) - (before?.stages[1]?.computeMs ?? 0)).toBeCloseTo(2, 9);
  // Two hops end or begin at the second node.
  expect((after?.latencyMs ?? 0) - (before?.latencyMs ?? 0)).toBeCloseTo(1 + 2 + 8, 9);
});

test("an estimate is called measured only if all of it was", () => {
  const problem = connected(4);
  expect(estimatePlacement(problem, placement)?.kind).toBe("measured");
  if (problem.nodes[1]) problem.nodes[1].kind = "estimated";
  expect(estimatePlacement(problem, placement)?.kind).toBe("mixed");
});

test("a diff ships only what is not there yet and counts both revisions at the peak", () => {
  const problem = connected(5);
  const moved = placement.map((stage, index) => (index === 1 ? { ...stage, topologyNodeId: "tn_2" } : stage));
  const diff = diffPlacements(problem, placement, moved);
  expect(diff.stages.map((stage) => stage.change)).toEqual(["keep", "move", "keep"]);
  expect(diff.shipBytes).toBe((problem.layerWeightBytes[2] ?? 0) + (problem.layerWeightBytes[3] ?? 0));
  const target = diff.memory.find((entry) => entry.topologyNodeId === "tn_2");
  expect(target?.peakBytes).toBe(target?.afterBytes);
  expect(diff.memory.find((entry) => entry.topologyNodeId === "tn_1")).toMatchObject({ afterBytes: 0 });
  expect(diffPlacements(problem, placement, placement).same).toBe(true);
  expect(diffPlacements(problem, null, placement).stages.every((stage) => stage.change === "add")).toBe(true);
});
