// Owns the guess of a model's speed before anything was measured: a roofline per layer (Williams et al., CACM 2009) on a reference core.
import type { ModelFacts } from "./model.ts";
import type { Profile } from "./profile.ts";

/** One core of a 2020s x86 server running ONNX Runtime: what convolutions and matrix products sustain, what memory feeds, what an op costs to start. */
export const REFERENCE_FLOPS_PER_SECOND = 40e9;
export const REFERENCE_MEMORY_BYTES_PER_SECOND = 8e9;
const OP_START_MS = 0.004;
export const REFERENCE_DEVICE_CLASS = "reference";

/** Always `kind: "estimated"`. Scale by a node's speed to use it there. */
export function estimateProfile(facts: Pick<ModelFacts, "digest" | "layers">): Profile {
  const layerMs = facts.layers.map((layer) => {
    const computeMs = (layer.flops / REFERENCE_FLOPS_PER_SECOND) * 1000;
    const memoryMs = ((layer.weightBytes + layer.workspaceBytes) / REFERENCE_MEMORY_BYTES_PER_SECOND) * 1000;
    return Math.max(computeMs, memoryMs) + layer.opCount * OP_START_MS;
  });
  return {
    modelDigest: facts.digest,
    deviceClass: REFERENCE_DEVICE_CLASS,
    session: { intraOpThreads: 1, optimization: "all", provider: "cpu" },
    kind: "estimated",
    layerMs,
    wholeMs: layerMs.reduce((sum, ms) => sum + ms, 0),
    wholeSdMs: 0,
    measuredAt: null,
    runs: 0,
  };
}
