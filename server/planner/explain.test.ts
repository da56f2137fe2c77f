import { expect, test } from "vitest";
import { explainEstimate } from "./explain.ts";
import type { Estimate } from "./plan.ts";
import { randomProblem } from "./testdata/random-problem.ts";

const problem = randomProblem(1, { layers: 4, nodes: 2 });
const estimate: Estimate = {
  estimatorVersion: 1, kind: "measured", latencyMs: 20, bottleneckMs: 12, throughputPerSecond: 83, bottleneck: { kind: "stage", index: 1 },
  stages: [
    { from: 0, to: 3, topologyNodeId: "tn_0", computeMs: 7, kind: "measured", weightBytes: 1, memoryBytes: 1 },
    { from: 3, to: 4, topologyNodeId: "tn_1", computeMs: 12, kind: "measured", weightBytes: 1, memoryBytes: 1 },
  ],
  hops: [
    { fromTopologyNodeId: "tn_0", toTopologyNodeId: "tn_0", bytes: 10, transferMs: 0, latencyMs: 0, kind: "local" },
    { fromTopologyNodeId: "tn_0", toTopologyNodeId: "tn_1", bytes: 1_500_100, transferMs: 15, latencyMs: 1, kind: "measured" },
  ],
  memory: [], bestSingleNode: null,
};

test("the slowest stage is named with its layers counted from one, and its time", () => {
  expect(explainEstimate(problem, estimate)).toEqual(["Throughput is bound by node-1: layer 4 takes 12.0 ms there."]);
  expect(explainEstimate(problem, { ...estimate, bottleneck: { kind: "stage", index: 0 } })).toEqual(["Throughput is bound by node-0: layers 1–3 take 7.0 ms there."]);
});

test("the slowest link is named with both ends and its bytes", () => {
  expect(explainEstimate(problem, { ...estimate, bottleneck: { kind: "link", index: 1 } })[0]).toBe("Throughput is bound by the link from node-0 to node-1: 1501 kB take 15.0 ms.");
});

test("one node that would answer faster is told, a slower one is not, nor is one that is the whole plan", () => {
  const single = (latencyMs: number, stages = estimate.stages) => explainEstimate(problem, { ...estimate, stages, bottleneck: { kind: "stage", index: 0 }, bestSingleNode: { topologyNodeId: "tn_1", latencyMs, throughputPerSecond: 1 } }).join(" ");
  expect(single(9)).toContain("node-1 alone would answer faster: 9.0 ms instead of 20.0 ms.");
  expect(single(21)).not.toContain("alone");
  expect(single(9, estimate.stages.slice(0, 1))).not.toContain("alone");
});

test("what is not measured is said: the nodes by name once, else the links", () => {
  const stages = estimate.stages.map((stage) => ({ ...stage, topologyNodeId: "tn_1", kind: "estimated" as const }));
  expect(explainEstimate(problem, { ...estimate, kind: "estimated", stages }).at(-1)).toBe("Layer times on node-1 are estimated, not measured.");
  expect(explainEstimate(problem, { ...estimate, kind: "mixed" }).at(-1)).toBe("Some link figures are drawn or assumed, not measured.");
});
