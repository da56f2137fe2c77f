import { expect, test } from "vitest";
import type { Assignment, IngressRoute, IngressSample, NodeSample, StageSample } from "./protocol/control.ts";
import { LinkUse, usedPeers } from "./used-peers.ts";

const lane = (epoch: number, downstreamNodeIds?: string[]) => ({ laneId: `l${epoch}`, revisionId: "r", epoch, stageIndex: 1, stageCount: 3, upstream: [], sends: [], mode: "open" as const, ...(downstreamNodeIds ? { downstreamNodeIds } : {}) });
const assignment = (lanes: ReturnType<typeof lane>[]) => ({ assignmentId: "asg", lanes }) as unknown as Assignment;
const stage = (change: Partial<StageSample>): StageSample => ({ assignmentId: "asg", deploymentId: "d", epoch: 2, stageIndex: 1, done: 0, failed: 0, queueLength: 0, computeMsP50: null, computeMsP99: null, queueMsP50: null, receivedBytes: 0, sentBytes: 0, upstreamNodeIds: ["up"], ...change });
const entered = (accepted: number): IngressSample => ({ deploymentId: "d", epoch: 2, accepted, succeeded: 0, failed: 0, inFlight: 0, latencyMsP50: null, latencyMsP99: null, errors: {}, trace: null });
const sample = (change: Partial<NodeSample>): NodeSample => ({ cpuRatio: 0, agentCpuCores: 0, memoryUsedBytes: 0, agentRssBytes: 0, stages: [], ingress: [], ...change });
const route = { deploymentId: "d", pipelines: [{ epoch: 2, last: { nodeId: "last" }, firstNodeIds: ["first"] }] } as unknown as IngressRoute;
const peers = ["up", "down", "first", "last", "else"].map((nodeId) => ({ nodeId, name: nodeId, host: "h", port: 1, measure: true }));
const used = (assignments: Assignment[], one: NodeSample) => [...usedPeers({ assignments, ingress: [route], peers }, one)].sort();

test("a stage that worked uses the links to who sends and who takes, of its epoch; one that did not uses none", () => {
  expect(used([assignment([lane(1, ["old"]), lane(2, ["down"])])], sample({ stages: [stage({ done: 1 })] }))).toEqual(["down", "up"]);
  expect(used([assignment([lane(2, ["down"])])], sample({ stages: [stage({ queueLength: 1 })] }))).toEqual(["down", "up"]);
  expect(used([assignment([lane(2, ["down"])])], sample({ stages: [stage({})] }))).toEqual([]);
});

test("an ingress uses the links to the first and the last stage while requests come", () => {
  expect(used([], sample({ ingress: [entered(1)] }))).toEqual(["first", "last"]);
  expect(used([], sample({ ingress: [entered(0)] }))).toEqual([]);
});

test("where it is not told who takes the output, every link counts as used", () => {
  expect(used([assignment([lane(2)])], sample({ stages: [stage({ done: 1 })] }))).toEqual(["down", "else", "first", "last", "up"]);
});

test("a link that carried requests a moment ago carries them still, and not for ever", () => {
  const use = new LinkUse();
  use.saw(["up"], 1_000);
  expect([use.carries("up", 4_000), use.carries("down", 4_000), use.carries("up", 20_000)]).toEqual([true, false, false]);
});
