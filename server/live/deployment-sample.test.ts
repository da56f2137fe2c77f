import { expect, test } from "vitest";
import type { IngressSample } from "../../agents/protocol/control.ts";
import type { DeploymentView } from "../policy/snapshot.ts";
import { deploymentSample } from "./deployment-sample.ts";
import type { LiveFleet } from "./live-fleet.ts";

const NOW_MS = 1_000_000;
const deployment = { deploymentId: "dep_1", desired: "running", settings: { ingressNodeIds: ["nod_a", "nod_b"] }, migration: null, currentRevisionId: null, revisions: [] } as unknown as DeploymentView;
const ingress = (more: Partial<IngressSample>): IngressSample => ({ deploymentId: "dep_1", epoch: 1, accepted: 0, succeeded: 0, failed: 0, inFlight: 0, latencyMsP50: null, latencyMsP99: null, errors: {}, trace: null, ...more });
const sampleOf = (...told: Partial<IngressSample>[]) => {
  const nodes = told.map((one, index) => [["nod_a", "nod_b"][index], { sampleAtMs: NOW_MS - 500, sampleSeconds: 1, sample: { ingress: [ingress(one)] } }] as const);
  return deploymentSample({ nodes: new Map(nodes) } as unknown as LiveFleet, deployment, 50, NOW_MS);
};

test("what a processor takes is in the latency, and not in what the prediction is held against", () => {
  expect(sampleOf({ succeeded: 10, latencyMsP50: 80, latencyMsP99: 120, pipelineMsP50: 55 })).toMatchObject({ latencyMsP50: 80, latencyMsP99: 120, pipelineMsP50: 55, predictedLatencyMs: 50 });
});

test("where no processor took part, and of an agent that tells no such figure, both are the one it tells", () => {
  expect(sampleOf({ succeeded: 10, latencyMsP50: 60, latencyMsP99: 90 })).toMatchObject({ latencyMsP50: 60, pipelineMsP50: 60 });
  expect(sampleOf({ failed: 3 })).toMatchObject({ latencyMsP50: null, latencyMsP99: null, pipelineMsP50: null });
});

test("several ingresses are weighed by their requests, each figure by itself", () => {
  const told = sampleOf({ succeeded: 30, latencyMsP50: 40, latencyMsP99: 50 }, { succeeded: 10, latencyMsP50: 80, latencyMsP99: 90, pipelineMsP50: 60 });
  expect(told).toMatchObject({ latencyMsP50: 50, latencyMsP99: 90, pipelineMsP50: 45 });
});

test("an answer that left a second after its run was counted is told, and so is a run whose answer is yet to leave", () => {
  expect(sampleOf({ latencyMsP50: 80, latencyMsP99: 80, pipelineMsP50: null })).toMatchObject({ requestsPerSecond: 0, latencyMsP50: 80, latencyMsP99: 80, pipelineMsP50: null });
  expect(sampleOf({ succeeded: 4, pipelineMsP50: 5 })).toMatchObject({ requestsPerSecond: 4, latencyMsP50: null, pipelineMsP50: 5 });
});
