// Owns the guess of a model's speed before anything was measured: a roofline per layer (Williams et al., CACM 2009), on a reference core or on what other models reached
// on a device.
import type { DeviceRates } from "./device-rates.ts";
import type { Layer, ModelFacts } from "./model.ts";
import type { Profile } from "./profile.ts";

/** One core of a 2020s x86 server running ONNX Runtime: what convolutions and matrix products sustain, what memory feeds, what an op costs to start. */
export const REFERENCE_RATES: DeviceRates = { flopsPerSecond: 40e9, memoryBytesPerSecond: 8e9, opStartMs: 0.004 };
export const REFERENCE_DEVICE_CLASS = "reference";

/** What bounds a layer, and how long that takes. */
export function layerRoofline(layer: Pick<Layer, "flops" | "weightBytes" | "workspaceBytes" | "opCount">, rates: DeviceRates): { bound: "compute" | "memory"; ms: number } {
  const computeMs = (layer.flops / rates.flopsPerSecond) * 1000;
  const memoryMs = ((layer.weightBytes + layer.workspaceBytes) / rates.memoryBytesPerSecond) * 1000;
  return { bound: computeMs >= memoryMs ? "compute" : "memory", ms: Math.max(computeMs, memoryMs) + layer.opCount * rates.opStartMs };
}

/** Always `kind: "estimated"`. On the reference core, scale by a node's speed to use it there; `device`: what was reached on a device class. */
export function estimateProfile(facts: Pick<ModelFacts, "digest" | "layers">, device?: { deviceClass: string; rates: DeviceRates }): Profile {
  const layerMs = facts.layers.map((layer) => layerRoofline(layer, device?.rates ?? REFERENCE_RATES).ms);
  return {
    modelDigest: facts.digest,
    deviceClass: device?.deviceClass ?? REFERENCE_DEVICE_CLASS,
    session: { intraOpThreads: 1, optimization: "all", provider: "cpu" },
    kind: "estimated",
    layerMs,
    wholeMs: layerMs.reduce((sum, ms) => sum + ms, 0),
    wholeSdMs: 0,
    measuredAt: null,
    runs: 0,
    basis: device ? "device" : "reference",
  };
}
