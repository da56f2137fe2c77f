import { expect, test } from "vitest";
import type { NodeSample, RequestTrace } from "../../agents/protocol/control.ts";
import { createCapacity, learnCapacity } from "./capacity.ts";

const key = (from: string, to: string) => `${from}>${to}`;
const sample = (change: Partial<NodeSample>): NodeSample => ({ cpuRatio: 0.5, agentCpuCores: 0.1, memoryUsedBytes: 1, agentRssBytes: 1, stages: [], ingress: [], ...change });
const stage = (computeMsP50: number | null) => ({ assignmentId: "a", deploymentId: "d", epoch: 1, stageIndex: 0, done: computeMsP50 === null ? 0 : 3, failed: 0, queueLength: 0, computeMsP50, computeMsP99: null, queueMsP50: null, receivedBytes: 0, sentBytes: 0, upstreamNodeIds: [] });
const trace = (receiveMs: number): RequestTrace => ({ requestId: "r", startedAt: "", totalMs: 9, ok: true, errorCode: null, stages: [{ stageIndex: 0, nodeId: "b", queueMs: 0, computeMs: 1, receivedBytes: 1e6, times: { receiveMs, roundTripMs: 4, holdMs: 1 } }], answer: { receiveMs: 1, roundTripMs: 4, bytes: 100 } });
const ingress = (traces: RequestTrace[]) => ({ deploymentId: "d", epoch: 1, accepted: 1, succeeded: 1, failed: 0, inFlight: 0, latencyMsP50: 9, latencyMsP99: 9, errors: {}, trace: null, recent: traces });

test("a throttled node and a link that sags show with the second report", () => {
  const capacity = createCapacity();
  for (let second = 0; second < 20; second++) {
    learnCapacity(capacity, "b", sample({ stages: [stage(second < 18 ? 10 : 40)] }), key, second * 1000);
    learnCapacity(capacity, "a", sample({ ingress: [ingress([trace(second < 18 ? 10 : 40)])] }), key, second * 1000);
  }
  const { computeMs } = [...(capacity.nodes.get("b")?.stages.values() ?? [])][0] ?? {};
  expect(computeMs?.last).toBe(40);
  expect(computeMs?.mean).toBeGreaterThan(25);
  expect(capacity.links.get("a>b")?.hopMs.last).toBe(42);
  expect(capacity.links.get("a>b")?.bytesPerSecond?.mean).toBeLessThan(60e6);
  expect(capacity.hops.get("d")).toMatchObject({ epoch: 1, hopMs: [42, 3] });
});

test("an idle node is held against what it usually is, and one lucky sample changes little", () => {
  const capacity = createCapacity();
  for (const [second, idlePace] of [100, 100, 101, 99, 130, 100, 100, 25].entries()) learnCapacity(capacity, "a", sample({ idlePace }), key, second * 2000);
  const { usualPace, idlePace } = capacity.nodes.get("a") ?? { usualPace: 0, idlePace: null };
  expect(usualPace / (idlePace?.last ?? 1)).toBeGreaterThan(3.8);
  expect(usualPace / (idlePace?.last ?? 1)).toBeLessThan(4.5);
});

test("a second without requests says nothing, and what is not heard of for long is forgotten", () => {
  const capacity = createCapacity();
  learnCapacity(capacity, "b", sample({ stages: [stage(10)] }), key, 0);
  learnCapacity(capacity, "b", sample({ stages: [stage(null)] }), key, 1000);
  expect(capacity.nodes.get("b")?.stages.size).toBe(1);
  learnCapacity(capacity, "b", sample({}), key, 3_600_000);
  expect(capacity.nodes.get("b")?.stages.size).toBe(0);
});
