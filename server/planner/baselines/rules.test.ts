// Each rule on cases small enough to be known by hand.
import { expect, test } from "vitest";
import type { Instance, Processor } from "../instance.ts";
import { LATENCY_WEIGHTS } from "../search/additive-costs.ts";
import type { SearchContext, SearchObjective } from "../search/solver.ts";
import { computeProportional } from "./compute-proportional.ts";
import { dads } from "./dads.ts";
import type { Baseline } from "./define-baseline.ts";
import { edgeShardLatency, edgeShardThroughput } from "./edge-shard.ts";
import { evenSplit } from "./even-split.ts";
import { hiDp } from "./hi-dp.ts";
import { largestRemainder, memoryProportional } from "./memory-proportional.ts";
import { minCut } from "./min-cut.ts";
import { neurosurgeon } from "./neurosurgeon.ts";
import { omniBoost } from "./omni-boost.ts";
import { pipeEdge } from "./pipe-edge.ts";
import { randomSearch } from "./random-search.ts";
import { singleNode } from "./single-node.ts";
import { sourceOnly } from "./source-only.ts";
import { fill, waterFilling } from "./water-filling.ts";

const LATENCY: SearchObjective = { kind: "additive", weights: LATENCY_WEIGHTS };
const BOTTLENECK: SearchObjective = { kind: "bottleneck" };

/** Layers of 10 ms and 10 bytes on nodes of these speeds; each hop takes 1 ms and 1 ms a byte. Position j carries bytes[j]. Several speeds of one node are its units. */
function lineOf(of: { speeds: (number | number[])[]; bytes: number[]; freeBytes?: number[]; oncePerNode?: boolean }): Instance {
  const layerCount = of.bytes.length - 1;
  const count = of.speeds.length;
  const sums = (each: number) => Float64Array.from({ length: layerCount + 1 }, (_, at) => at * each);
  const processor = (place: number, unit: number, speed: number): Processor => ({
    place, unit, mode: unit, stageMs: 0, upToMs: sums(10 / speed), beforeMs: sums(10 / speed), varianceUpToMs2: null, streams: 1, stageBytes: 0, residentBytes: sums(10), workspaceBytes: new Float64Array(layerCount),
    allowedUntil: new Int32Array(layerCount + 1).fill(layerCount), joulesPerMs: 0, moneyPerMs: 0, gramsPerMs: 0,
  });
  const table = (value: number) => Float64Array.from({ length: count * count }, (_, index) => (Math.floor(index / count) === index % count ? 0 : value));
  return {
    layerCount, legal: new Uint8Array(layerCount + 1).fill(1), crossingBytes: Float64Array.from(of.bytes), tainted: new Uint8Array(layerCount + 1),
    nodes: of.speeds.map((_, node) => ({ freeBytes: of.freeBytes?.[node] ?? 1000, spareShare: 1, zone: -1 })),
    places: of.speeds.map((_, node) => ({ nodes: [node], share: [1] })),
    processors: of.speeds.flatMap((speeds, node) => [speeds].flat().map((speed, unit) => processor(node, unit, speed))),
    hops: { way: new Uint8Array(count * count).fill(2), fixedMs: table(1), perByteMs: table(1), fixedVarianceMs2: table(0), perByteVarianceMs2: table(0), joulesPerByte: table(0), moneyPerByte: table(0), gramsPerByte: table(0), links: Array.from({ length: count * count }, (_, index) => (Math.floor(index / count) === index % count ? [] : [index])), linkPerByteMs: new Float64Array(count * count).fill(1) },
    source: 0, sink: 0, limits: { minStages: 1, maxStages: layerCount, oncePerNode: of.oncePerNode ?? true, bottleneckMs: Number.POSITIVE_INFINITY, latencyMs: Number.POSITIVE_INFINITY }, apart: [], constantMs: 0,
  };
}

function solve(baseline: Baseline, instance: Instance, objective = LATENCY) {
  let nowMs = 0;
  const context: SearchContext = { now: () => nowMs++, deadlineMs: 1e6, cancelled: () => false, seed: 1 };
  const outcome = baseline.solve({ instance, objective }, context);
  return { ...outcome, line: outcome.stages?.map((stage) => `${stage.processor}:${stage.from}-${stage.to}`).join(" ") ?? null };
}

// Node 0 is slow and has the request; node 1 is ten times faster. Position 2 is the narrow place.
const narrow = () => lineOf({ speeds: [1, 10, 5], bytes: [50, 50, 1, 50, 1] });

test("one node: the fastest, though the request must go there", () => {
  // 4 layers at home: 40 ms. On node 1: 51 + 4 + 2 = 57 ms.
  expect(solve(singleNode, narrow())).toMatchObject({ line: "0:0-4", cost: 40 });
  expect(solve(singleNode, lineOf({ speeds: [1, 10], bytes: [5, 50, 50, 50, 1] }))).toMatchObject({ line: "1:0-4", cost: 12 });
});

test("the source alone, or why not", () => {
  expect(solve(sourceOnly, narrow())).toMatchObject({ line: "0:0-4", cost: 40 });
  expect(solve(sourceOnly, lineOf({ speeds: [1, 10], bytes: [5, 5, 5], freeBytes: [10, 1000] })).reason).toContain("too little memory");
  expect(solve(sourceOnly, { ...narrow(), source: -1, sink: -1 }).reason).toContain("no node is the source");
});

test("even and by speed: layers 2 : 2 and 1 : 3", () => {
  const tight = lineOf({ speeds: [1, 3], bytes: [1, 1, 1, 1, 1], freeBytes: [35, 35] });
  expect(solve(evenSplit, tight).line).toBe("0:0-2 1:2-4");
  expect(solve(computeProportional, tight).line).toBe("0:0-1 1:1-4");
});

test("exo's rule: the fewest nodes by memory, layers in proportion to it, whatever the speed", () => {
  const instance = lineOf({ speeds: [1, 10, 5], bytes: [1, 1, 1, 1, 1], freeBytes: [30, 5, 12] });
  expect(solve(memoryProportional, instance).line).toBe("0:0-3 2:3-4");
  expect(solve(memoryProportional, lineOf({ speeds: [1, 1], bytes: [1, 1, 1], freeBytes: [5, 5] })).reason).toContain("No cycle");
  expect(largestRemainder(10, [1, 1, 1])).toEqual([4, 3, 3]);
  expect(largestRemainder(3, [100, 1, 1])).toEqual([1, 1, 1]);
});

test("Parallax' rule: water level over speeds, capped by memory", () => {
  expect(fill(10, [{ cap: 4, speed: 10 }, { cap: 10, speed: 1 }, { cap: 10, speed: 2 }])).toEqual([4, 2, 4]);
  expect(fill(6, [{ cap: 10, speed: 1 }, { cap: 10, speed: 1 }])).toEqual([3, 3]);
  // Capacities 3, 2 and 1 layers: the first two nodes hold four; speeds 1 and 10 pull two to the fast one.
  expect(solve(waterFilling, lineOf({ speeds: [1, 10, 5], bytes: [1, 1, 1, 1, 1], freeBytes: [30, 20, 10] })).line).toBe("0:0-2 1:2-4");
  expect(solve(waterFilling, lineOf({ speeds: [1, 1], bytes: [1, 1, 1, 1], freeBytes: [10, 10] })).reason).toBe("The nodes hold 2 of 3 layers.");
});

test("Neurosurgeon and DADS cut at the narrow place", () => {
  // 20 ms at home, 2 ms over, 2 ms beyond, 2 ms back.
  expect(solve(neurosurgeon, narrow())).toMatchObject({ line: "0:0-2 1:2-4", cost: 26 });
  expect(solve(dads, narrow())).toMatchObject({ line: "0:0-2 1:2-4", cost: 26 });
});

test("DADS knows no memory: what it proposes is refused, Neurosurgeon's scan goes round it", () => {
  const instance = lineOf({ speeds: [1, 10], bytes: [50, 50, 1, 50, 1], freeBytes: [1000, 10] });
  expect(solve(dads, instance).reason).toContain("too little memory");
  expect(solve(neurosurgeon, instance)).toMatchObject({ line: "0:0-4" });
});

test("a minimum cut of a graph that is no chain", () => {
  // 0 → 1 → 3 and 0 → 2 → 3 with a bridge 1 → 2: the textbook cut of 5.
  const edges = [{ from: 0, to: 1, capacity: 3 }, { from: 0, to: 2, capacity: 2 }, { from: 1, to: 2, capacity: 5 }, { from: 1, to: 3, capacity: 2 }, { from: 2, to: 3, capacity: 4 }];
  expect(minCut(4, edges, 0, 3)).toMatchObject({ capacity: 5 });
  expect([...minCut(3, [{ from: 0, to: 1, capacity: 1 }, { from: 1, to: 2, capacity: 7 }], 0, 2).onSourceSide]).toEqual([1, 0, 0]);
});

test("PipeEdge balances the bottleneck and looks at neither end", () => {
  // 3 : 1 on speeds 3 and 1: both 10 ms. The request's 90 bytes into node 1 are not looked at.
  const instance = lineOf({ speeds: [1, 3], bytes: [90, 1, 1, 1, 1] });
  expect(solve(pipeEdge, instance, BOTTLENECK)).toMatchObject({ cost: 10, line: "0:0-1 1:1-4" });
  // Five equal nodes are one type of five: six counts, not 32 sets.
  expect(solve(pipeEdge, lineOf({ speeds: [1, 1, 1, 1, 1], bytes: [1, 1, 1, 1, 1] }), BOTTLENECK)).toMatchObject({ cost: 10 });
  expect(solve(pipeEdge, lineOf({ speeds: Array.from({ length: 30 }, (_, node) => 1 + node), bytes: [1, 1, 1] }), BOTTLENECK).reason).toContain("30 types");
});

test("EdgeShard keeps the first layer at the source", () => {
  const instance = lineOf({ speeds: [1, 10], bytes: [1, 2, 50, 50, 1] });
  // Best would be all on node 1: 2 + 4 + 2 = 8; pinned: 10 + 3 + 3 + 2 = 18.
  expect(solve(edgeShardLatency, instance)).toMatchObject({ line: "0:0-1 1:1-4", cost: 18 });
  expect(solve(edgeShardThroughput, instance, BOTTLENECK)).toMatchObject({ line: "0:0-1 1:1-4", cost: 10 });
  expect(solve(edgeShardLatency, lineOf({ speeds: [1, 10], bytes: [1, 1, 1], freeBytes: [5, 100] })).reason).toContain("first layer");
});

test("HiDP sees a node's units together, then splits its share among them", () => {
  // Node 1 has units of speed 4 and 6: as fast as 10 together to the global level, 6 in truth.
  const instance = lineOf({ speeds: [1, [4, 6]], bytes: [1, 1, 1, 1, 1], oncePerNode: false });
  expect(solve(hiDp, instance)).toMatchObject({ line: "2:0-4" });
  expect(solve(hiDp, instance).cost).toBeCloseTo(2 + 40 / 6 + 2, 9);
});

test("ten thousand tries find the best of a small case; tree search one of two nodes, and may settle for less on three", () => {
  expect(solve(randomSearch, narrow())).toMatchObject({ line: "0:0-2 1:2-4", cost: 26 });
  expect(solve(omniBoost, lineOf({ speeds: [1, 10], bytes: [50, 50, 1, 50, 1] }))).toMatchObject({ line: "0:0-2 1:2-4", cost: 26 });
  expect(solve(omniBoost, narrow()).cost).toBeLessThanOrEqual(40);
});
