// Owns how ONNX Runtime runs a segment, alike where it serves and where it is measured.
import type * as Ort from "onnxruntime-node";
import type { SessionOptions } from "../protocol/control.ts";

export function runtimeOptions({ provider, optimization, intraOpThreads }: SessionOptions): Ort.InferenceSession.SessionOptions {
  return {
    executionProviders: [provider], graphOptimizationLevel: optimization, intraOpNumThreads: intraOpThreads,
    interOpNumThreads: 1, executionMode: "sequential", logSeverityLevel: 3,
    // With it the second run of a shape takes one block for all values beside what the first run left in the arena: nearly twice the memory, and no faster.
    enableMemPattern: false,
    // Without it idle threads spin between runs: more than twice the CPU for the same latency, and the figures of a machine nobody deploys on.
    extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
  };
}
