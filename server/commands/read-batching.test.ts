import { expect, test } from "vitest";
import type { LiveFleet } from "../live/live-fleet.ts";
import { createSampleRing, pushSample } from "../live/sample-ring.ts";
import type { DeploymentView } from "../policy/snapshot.ts";
import { readBatching } from "./read-batching.ts";

const NOW_MS = 1_000_000;
const deployment = { deploymentId: "dep_1", settings: { ingressNodeIds: [], batching: { maxSize: 4, maxDelayMs: 3, whenNeeded: true } } } as unknown as DeploymentView;
/** As of a second in which requests took `latencyMs`, and `pipelineMs` without their processor. */
function viewOf(latencyMs: number | null, pipelineMs: number | null) {
  const ring = createSampleRing();
  pushSample(ring, NOW_MS - 1_000, [20, 0, latencyMs, latencyMs, 50, 1, pipelineMs]);
  const fleet = { nodes: new Map(), deploymentRings: new Map([["dep_1", ring]]) } as unknown as LiveFleet;
  return readBatching(fleet, deployment, { nowMs: NOW_MS, freshMs: 2_500, isNew: () => true }).batching;
}

test("what a processor took of the latency is told apart: nothing waits to be joined in it", () => {
  expect(viewOf(80, 55)).toMatchObject({ latencyMs: 80, processorMs: 25 });
});

test("without a processor, and while nothing is known, there is none", () => {
  for (const [latencyMs, pipelineMs] of [[80, 80], [80, null], [null, 55], [null, null]] as const) {
    const view = viewOf(latencyMs, pipelineMs);
    expect(view?.latencyMs).toBe(latencyMs);
    expect(view).not.toHaveProperty("processorMs");
  }
});
