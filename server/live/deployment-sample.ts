// Owns how the ingress samples of a deployment's nodes become one figure a second.
import type { IngressSample } from "../../agents/protocol/control.ts";
import type { LiveDeploymentSample } from "../events/catalogue.ts";
import { servingEpoch } from "../policy/desired.ts";
import type { DeploymentView } from "../policy/snapshot.ts";
import type { LiveFleet } from "./live-fleet.ts";

/** Older samples speak of the past. */
const FRESH_MS = 3_500;

/** Percentiles of several ingresses: p50 weighted by requests, p99 the worst one; both are of the last second. */
export function deploymentSample(fleet: LiveFleet, deployment: DeploymentView, predictedLatencyMs: number | null, nowMs: number): LiveDeploymentSample {
  const samples: { sample: IngressSample; seconds: number }[] = [];
  let toldAtMs = 0;
  for (const nodeId of deployment.settings.ingressNodeIds) {
    const live = fleet.nodes.get(nodeId);
    if (!live?.sample) continue;
    if (live.sample.ingress.some((sample) => sample.deploymentId === deployment.deploymentId)) toldAtMs = Math.max(toldAtMs, live.sampleAtMs);
    if (nowMs - live.sampleAtMs > FRESH_MS) continue;
    for (const sample of live.sample.ingress) if (sample.deploymentId === deployment.deploymentId) samples.push({ sample, seconds: live.sampleSeconds });
  }
  const total = (pick: (sample: IngressSample) => number) => samples.reduce((sum, { sample, seconds }) => sum + pick(sample) / seconds, 0);
  // What a request with a processor took is told when its answer has left, which may be a second after its run was counted.
  const median = (of: (sample: IngressSample) => number | null): number | null => {
    const known = samples.flatMap(({ sample }) => { const ms = of(sample); return ms === null ? [] : [{ ms, weight: Math.max(1, sample.succeeded + sample.failed) }]; });
    return known.length === 0 ? null : known.reduce((sum, { ms, weight }) => sum + ms * weight, 0) / known.reduce((sum, { weight }) => sum + weight, 0);
  };
  const p99 = samples.flatMap(({ sample }) => sample.latencyMsP99 ?? []);
  return {
    requestsPerSecond: total((sample) => sample.succeeded + sample.failed),
    errorsPerSecond: total((sample) => sample.failed),
    inFlight: samples.reduce((sum, { sample }) => sum + sample.inFlight, 0),
    latencyMsP50: median((sample) => sample.latencyMsP50),
    latencyMsP99: p99.length > 0 ? Math.max(...p99) : null,
    pipelineMsP50: median(({ latencyMsP50, pipelineMsP50 = latencyMsP50 }) => pipelineMsP50),
    predictedLatencyMs,
    epoch: servingEpoch(deployment),
    trace: samples.findLast(({ sample }) => sample.trace)?.sample.trace ?? null,
    toldAt: toldAtMs > 0 ? new Date(toldAtMs).toISOString() : null,
  };
}
