import { expect, test } from "vitest";
import { diffPlacements } from "./diff-placements.ts";
import { estimatePlacement } from "./estimate.ts";
import type { Placement } from "./plan.ts";
import { stageMemoryBytes } from "./stage-memory.ts";
import { randomProblem } from "./testdata/random-problem.ts";

const problem = randomProblem(3, { layers: 6, nodes: 3 });
problem.paths = problem.paths.map((row, from) => row.map((_, to) => ({ latencyMs: from === to ? 0 : 1, bandwidthBytesPerSecond: 1e8, kind: "measured" as const, via: [], linkIds: [], trusted: true })));
const on = (...stages: [number, number, number][]): Placement => stages.map(([from, to, index]) => ({ from, to, topologyNodeId: `tn_${index}` }));
const bytesOf = (from: number, to: number) => problem.layerWeightBytes.slice(from, to).reduce((sum, bytes) => sum + bytes, 0);
const before = on([0, 3, 0], [3, 6, 1]);

test("the same placement changes nothing and ships nothing", () => {
  const diff = diffPlacements(problem, before, before);
  expect(diff).toMatchObject({ same: true, shipBytes: 0, stages: [{ change: "keep" }, { change: "keep" }] });
  expect(diff.latencyMsBefore).toBe(diff.latencyMsAfter);
  for (const { beforeBytes, afterBytes, peakBytes } of diff.memory) expect([afterBytes, peakBytes]).toEqual([beforeBytes, beforeBytes]);
});

test("a move ships the whole segment; both copies count at the peak", () => {
  const diff = diffPlacements(problem, before, on([0, 3, 0], [3, 6, 2]));
  expect(diff.stages[1]).toEqual({ change: "move", from: 3, to: 6, fromTopologyNodeId: "tn_1", toTopologyNodeId: "tn_2", shipBytes: bytesOf(3, 6) });
  expect(diff).toMatchObject({ same: false, shipBytes: bytesOf(3, 6) });
  const memory = stageMemoryBytes(problem, 3, 6);
  expect(diff.memory).toContainEqual(expect.objectContaining({ topologyNodeId: "tn_1", beforeBytes: memory, afterBytes: 0, peakBytes: memory }));
  expect(diff.memory).toContainEqual(expect.objectContaining({ topologyNodeId: "tn_2", beforeBytes: 0, afterBytes: memory, peakBytes: memory }));
});

test("a new cut ships only the layers a node has not got", () => {
  const diff = diffPlacements(problem, before, on([0, 4, 0], [4, 6, 1]));
  expect(diff.stages).toEqual([
    { change: "recut", from: 0, to: 4, fromTopologyNodeId: "tn_0", toTopologyNodeId: "tn_0", shipBytes: bytesOf(3, 4) },
    { change: "recut", from: 4, to: 6, fromTopologyNodeId: "tn_1", toTopologyNodeId: "tn_1", shipBytes: 0 },
  ]);
  expect(diff.memory.find((one) => one.topologyNodeId === "tn_0")?.peakBytes).toBe(stageMemoryBytes(problem, 0, 3) + stageMemoryBytes(problem, 0, 4));
});

test("a first deployment adds everything and had no latency", () => {
  const diff = diffPlacements(problem, null, before);
  expect(diff).toMatchObject({ same: false, shipBytes: bytesOf(0, 6), latencyMsBefore: null, latencyMsAfter: estimatePlacement(problem, before)?.latencyMs });
  expect(diff.stages.map((stage) => [stage.change, stage.fromTopologyNodeId])).toEqual([["add", null], ["add", null]]);
});

test("what no stage covers any more is removed", () => {
  const diff = diffPlacements(problem, before, on([0, 3, 0]));
  expect(diff.stages.at(-1)).toEqual({ change: "remove", from: 3, to: 6, fromTopologyNodeId: "tn_1", toTopologyNodeId: null, shipBytes: 0 });
  expect(diff.same).toBe(false);
});

test("two stages made one are not the same as before, though every layer stays where it was", () => {
  const one = on([0, 3, 0], [3, 6, 0]);
  const diff = diffPlacements(problem, one, on([0, 6, 0]));
  expect(diff).toMatchObject({ same: false, shipBytes: 0 });
});
