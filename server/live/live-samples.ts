// Owns what browsers are shown each second: a whole picture for who just came, what changed for the rest.
import type { LiveDeploymentSample, LiveNodeSample, LiveSamples } from "../events/catalogue.ts";
import type { LiveFleet, LiveNode } from "./live-fleet.ts";
import { deploymentSample } from "./deployment-sample.ts";

export type SampleKeys = { nodes: Iterable<string>; links: Iterable<string> };
export type PredictionOf = (revisionId: string | null) => number | null;

/** Everything. */
export function wholeSamples(fleet: LiveFleet, predictionOf: PredictionOf, nowMs: number): LiveSamples {
  return samplesOf(fleet, { nodes: fleet.snapshot?.nodes.keys() ?? [], links: fleet.links.keys() }, predictionOf, nowMs);
}

/** What `keys` name; deployments are few and always there. */
export function samplesOf(fleet: LiveFleet, keys: SampleKeys, predictionOf: PredictionOf, nowMs: number): LiveSamples {
  const samples: LiveSamples = { at: new Date(nowMs).toISOString(), nodes: {}, links: {}, deployments: {} };
  for (const nodeId of keys.nodes) {
    const sample = nodeSample(fleet, nodeId);
    if (sample) samples.nodes[nodeId] = sample;
  }
  for (const key of keys.links) {
    const link = fleet.links.get(key);
    if (link) samples.links[key] = link;
  }
  for (const deployment of fleet.snapshot?.deployments ?? []) {
    const sample: LiveDeploymentSample = deploymentSample(fleet, deployment, predictionOf(deployment.currentRevisionId), nowMs);
    samples.deployments[deployment.deploymentId] = sample;
  }
  return samples;
}

function nodeSample(fleet: LiveFleet, nodeId: string): LiveNodeSample | null {
  const live: LiveNode | undefined = fleet.nodes.get(nodeId);
  const view = fleet.snapshot?.nodes.get(nodeId);
  if (!view) return null;
  const isHeard = live?.bootId != null;
  return {
    status: live?.presence ?? view.presence,
    lastSeenAt: new Date(live?.lastSeenAtMs ?? 0).toISOString(),
    sample: live?.sample ?? null,
    assignments: isHeard ? live.assignments : view.assignments,
    ingress: isHeard ? live.ingress : view.ingress,
  };
}
