import { expect, test } from "vitest";
import type { PathFigures } from "../topology/paths.ts";
import { toStages } from "./build-instance.ts";
import { buildSearch } from "./build-search.ts";
import { checkPlacement } from "./check-placement.ts";
import { checkStages } from "./check-stages.ts";
import type { Placement } from "./plan.ts";
import type { Problem } from "./problem.ts";
import { STAGE_BYTES_SLACK } from "./stage-bytes.ts";
import { stageMemoryBytes } from "./stage-memory.ts";
import { solveNow } from "./solve-now.ts";
import { randomProblem } from "./testdata/random-problem.ts";

function solved(): { problem: Problem; placement: Placement } {
  const problem = randomProblem(11, { layers: 8, nodes: 3 });
  problem.cutLegal = [true, true, false, true, true, true, true];
  const way: PathFigures = { latencyMs: 1, bandwidthBytesPerSecond: 1e7, kind: "measured", via: [], linkIds: [], trusted: true };
  problem.paths = problem.paths.map((row) => row.map((path) => ({ ...(path ?? way), trusted: true })));
  const found = solveNow(problem, { objective: "latency", minStages: 3 });
  if ("infeasible" in found) throw new Error("infeasible");
  return { problem, placement: found.placement };
}

const mutations: [string, string, (placement: Placement, problem: Problem) => Placement][] = [
  ["a dropped first stage", "gap", (placement) => placement.slice(1)],
  ["a dropped last stage", "gap", (placement) => placement.slice(0, -1)],
  ["a layer placed twice", "overlap", (placement) => placement.map((stage, index) => (index === 1 ? { ...stage, from: stage.from - 1 } : stage))],
  ["a layer left out", "gap", (placement) => placement.map((stage, index) => (index === 0 ? { ...stage, to: stage.to - 1 } : stage)).filter((stage) => stage.to > stage.from)],
  ["an empty stage", "not-contiguous", (placement) => placement.map((stage, index) => (index === 2 ? { ...stage, to: stage.from } : stage))],
  ["a range past the end", "not-contiguous", (placement) => placement.map((stage, index) => (index === 2 ? { ...stage, to: 99 } : stage))],
  ["a cut inside a loop", "illegal-cut", (placement) => [{ ...placement[0], from: 0, to: 3 } as Placement[number], { ...placement[1], from: 3, to: 8 } as Placement[number]]],
  ["a node that is not drawn", "unknown-node", (placement) => placement.map((stage, index) => (index === 0 ? { ...stage, topologyNodeId: "tn_gone" } : stage))],
  ["too little memory", "memory", (placement, problem) => { for (const node of problem.nodes) node.memoryLimitBytes = 1e6; return placement; }],
  ["an untrusted node", "trust", (placement, problem) => { for (const node of problem.nodes) node.trusted = false; return placement; }],
  ["no way between the nodes", "no-path", (placement, problem) => { problem.paths = problem.paths.map((row, u) => row.map((path, v) => (u === v ? path : null))); return placement; }],
  ["nothing placed", "empty", () => []],
];

test("accepts what the solver found", () => {
  const { problem, placement } = solved();
  expect(checkPlacement(problem, placement, { forDeploy: true })).toEqual([]);
});

test.each(mutations)("refuses %s with code %s", (_name, code, mutate) => {
  const { problem, placement } = solved();
  const refusals = checkPlacement(problem, mutate(placement, problem));
  expect(refusals.map((refusal) => refusal.code)).toContain(code);
  for (const refusal of refusals) expect(refusal.message.length * (refusal.fix?.length ?? 0)).toBeGreaterThan(0);
});

test.each([["planned", "planned-node"], ["offline", "node-offline"], ["cordoned", "node-cordoned"], ["not approved", "node-not-approved"]] as const)("refuses to deploy on a node that is %s", (state, code) => {
  const { problem, placement } = solved();
  for (const node of problem.nodes) Object.assign(node, { planned: state === "planned", online: state !== "offline", cordoned: state === "cordoned", approved: state !== "not approved" });
  expect(checkPlacement(problem, placement)).toEqual([]);
  expect(checkPlacement(problem, placement, { forDeploy: true }).map((refusal) => refusal.code)).toContain(code);
});

test("while a deployment moves, its nodes hold both plans: what stays as it is counts once, what leaves counts beside it; searches and checks agree", () => {
  const { problem } = solved();
  const [first = "", second = "", third = ""] = problem.nodes.map((node) => node.topologyNodeId);
  const running: Placement[] = [[{ from: 0, to: 2, topologyNodeId: first }, { from: 2, to: 8, topologyNodeId: second }]];
  const after: Placement = [{ from: 0, to: 2, topologyNodeId: first }, { from: 2, to: 5, topologyNodeId: second }, { from: 5, to: 8, topologyNodeId: third }];
  const bytes = (from: number, to: number) => stageMemoryBytes(problem, from, to);
  const limit = (at: number, limitBytes: number) => { (problem.nodes[at] as Problem["nodes"][number]).memoryLimitBytes = limitBytes; };
  const moves = () => checkPlacement(problem, after, { request: { bothLoaded: true }, running }).map((refusal) => [refusal.code, refusal.topologyNodeId]);
  // The first node keeps its stage: room for one of it is enough.
  limit(0, bytes(0, 2));
  limit(1, bytes(2, 8) + bytes(2, 5));
  expect(moves()).toEqual([]);
  const searched = () => {
    const { instance } = buildSearch(problem, { objective: "latency", bothLoaded: true }, { running });
    return checkStages(instance, toStages(problem, after) ?? []).map((violation) => violation.code);
  };
  expect(searched()).toEqual([]);
  // The second holds the old and the new one.
  limit(1, bytes(2, 8) + bytes(2, 5) - 1e6);
  expect(moves()).toEqual([["memory", second]]);
  expect(searched()).toEqual(["memory"]);
  expect(checkPlacement(problem, after, { running })).toEqual([]);
});

test("while a deployment with replicas moves, its nodes hold those of every replica beside the plan; what two of them have alike is one process", () => {
  const { problem } = solved();
  const [first = "", second = "", third = ""] = problem.nodes.map((node) => node.topologyNodeId);
  const shared = { from: 0, to: 2, topologyNodeId: first };
  const running: Placement[] = [[shared, { from: 2, to: 8, topologyNodeId: second }], [shared, { from: 2, to: 8, topologyNodeId: third }]];
  const after: Placement = [{ from: 0, to: 5, topologyNodeId: first }, { from: 5, to: 8, topologyNodeId: third }];
  const bytes = (from: number, to: number) => stageMemoryBytes(problem, from, to);
  const needed = [bytes(0, 2) + bytes(0, 5), bytes(2, 8), bytes(2, 8) + bytes(5, 8)].map((sum) => sum + 2 * STAGE_BYTES_SLACK);
  const codes = (limits: readonly number[]) => {
    const limited = { ...problem, nodes: problem.nodes.map((node, index) => ({ ...node, memoryLimitBytes: limits[index] ?? 0 })) };
    const { instance } = buildSearch(limited, { objective: "latency", bothLoaded: true }, { running });
    return [checkPlacement(limited, after, { request: { bothLoaded: true }, running }).map((refusal) => [refusal.code, refusal.topologyNodeId]), checkStages(instance, toStages(limited, after) ?? []).map((violation) => [violation.code, limited.nodes[violation.node ?? -1]?.topologyNodeId])];
  };
  expect(codes(needed)).toEqual([[], []]);
  const short = (at: number) => codes(needed.map((limitBytes, index) => (index === at ? limitBytes - 1e6 : limitBytes)));
  expect(short(0)).toEqual([[["memory", first]], [["memory", first]]]);
  // The second replica's alone: the first is not there.
  expect(short(2)).toEqual([[["memory", third]], [["memory", third]]]);
  // The plan is one replica's stage again: nothing more is loaded for it.
  expect(checkPlacement({ ...problem, nodes: problem.nodes.map((node) => ({ ...node, memoryLimitBytes: bytes(2, 8) })) }, [shared, { from: 2, to: 8, topologyNodeId: third }], { request: { bothLoaded: true }, running })).toEqual([]);
});
