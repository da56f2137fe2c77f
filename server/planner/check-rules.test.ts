import { expect, test } from "vitest";
import { besideOthers } from "./beside-others.ts";
import { checkPlacement } from "./check-placement.ts";
import { estimatePlacement } from "./estimate.ts";
import type { Placement } from "./plan.ts";
import type { PlanRequest } from "./plan-request.ts";
import type { Problem, ProblemNode } from "./problem.ts";
import { randomProblem } from "./testdata/random-problem.ts";

const base = randomProblem(3, { layers: 6, nodes: 3 });
const problem: Problem = { ...base, cutLegal: base.cutLegal.map(() => true), nodes: base.nodes.map((node, index) => ({ ...node, zoneId: index < 2 ? "zon_a" : "zon_b" })), paths: base.paths.map((row, from) => row.map((_, to) => ({ latencyMs: from === to ? 0 : 1, bandwidthBytesPerSecond: 1e7, kind: "measured" as const, via: [], linkIds: [], trusted: true }))) };
const placement: Placement = [{ from: 0, to: 2, topologyNodeId: "tn_0" }, { from: 2, to: 6, topologyNodeId: "tn_1" }];
const alone = estimatePlacement(problem, placement);
const latencyMs = alone?.latencyMs ?? Number.NaN;
const halfLoad = (alone?.throughputPerSecond ?? Number.NaN) / 2;
const codes = (request: Partial<PlanRequest>, of: Problem = problem) => checkPlacement(of, placement, { request }).map((refusal) => refusal.code);

test.each<[string, Partial<PlanRequest>, string[]]>([
  ["nothing asked", {}, []],
  ["a pin that is kept", { pins: [{ from: 0, to: 2, topologyNodeId: "tn_0" }] }, []],
  ["a pin that is broken in part", { pins: [{ from: 1, to: 3, topologyNodeId: "tn_0" }] }, ["pinned"]],
  ["an avoided node", { avoidNodeIds: ["tn_1", "tn_2"] }, ["avoided"]],
  ["zones", { zoneIds: ["zon_b"] }, ["zone", "zone"]],
  ["apart by node, kept", { apart: [{ first: { from: 0, to: 1 }, second: { from: 5, to: 6 }, within: "node" }] }, []],
  ["apart by node, broken", { apart: [{ first: { from: 2, to: 3 }, second: { from: 5, to: 6 }, within: "node" }] }, ["apart"]],
  ["apart by zone, broken", { apart: [{ first: { from: 0, to: 1 }, second: { from: 5, to: 6 }, within: "zone" }] }, ["apart"]],
  ["stages", { minStages: 3 }, ["too-few-stages"]],
  ["a demand out of reach", { demandPerSecond: 1e6 }, ["demand"]],
  ["an SLO out of reach", { slo: { quantile: 0.5, latencyMs: 0.1 } }, ["slo"]],
  ["an SLO that one request alone keeps to", { slo: { quantile: 0.99, latencyMs: latencyMs * 1.001 } }, []],
  ["the same SLO where requests wait for each other", { slo: { quantile: 0.99, latencyMs: latencyMs * 1.001 }, demandPerSecond: halfLoad }, ["slo"]],
  ["an SLO that leaves room for waiting", { slo: { quantile: 0.99, latencyMs: latencyMs * 10 }, demandPerSecond: halfLoad }, []],
])("%s", (_name, request, wanted) => expect(codes(request)).toEqual(wanted));

test("an untrusted node may run what sees nothing sensitive", () => {
  const untrusted: Problem = { ...problem, nodes: problem.nodes.map((node, index) => ({ ...node, trusted: index !== 0 })), flow: { inputs: ["ids", "picture"], layers: [["ids"], ["ids"], ...Array.from({ length: 4 }, () => ["ids", "picture"])], positions: [["ids"], ["ids"], ["ids"], ...Array.from({ length: 4 }, () => ["ids", "picture"])] } };
  expect(codes({}, untrusted)).toContain("trust");
  expect(codes({ sensitiveInputs: ["ids"] }, untrusted)).toContain("trust");
  // The answer, made from the picture, leaves from there.
  expect(codes({ sensitiveInputs: ["picture"] }, { ...untrusted, sourceIndex: 1 })).toEqual([]);
  expect(codes({ sensitiveInputs: [] }, untrusted)).toEqual([]);
});

test("what other deployments hold is not free, and what they use makes a stage slower", () => {
  const node = problem.nodes[1] as ProblemNode;
  const held = besideOthers({ ...node, memoryLimitBytes: 400e6 }, { cores: 2, held: [{ deploymentId: "dep_a", bytes: 300e6, busyCores: 1.5 }, { deploymentId: "dep_own", bytes: 400e6, busyCores: 0.4 }] }, "dep_own");
  expect(held).toMatchObject({ heldBytes: 300e6, spareShare: 0.5 });
  const beside = { ...problem, nodes: problem.nodes.map((one) => (one === node ? held : one)) };
  expect(checkPlacement(beside, placement)[0]).toMatchObject({ code: "memory", topologyNodeId: "tn_1" });
  expect(checkPlacement(beside, placement)[0]?.message).toContain("other deployments hold 300 MB");
  expect(estimatePlacement(beside, placement)?.stages[1]?.computeMs).toBeCloseTo(2 * (estimatePlacement(problem, placement)?.stages[1]?.computeMs ?? 0), 6);
});
