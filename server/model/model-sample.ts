// Owns what a model's sample is: one real input it is always tried with, kept as a file, and the tensors that file makes.
import type { DataType } from "../../agents/protocol/tensor.ts";

/** "tensors": an Open Inference Protocol request; the others go through the model's processor. */
export type SampleKind = "picture" | "text" | "audio" | "tensors";
export type SampleTensor = { name: string; dataType: DataType; shape: number[] };

export type ModelSample = {
  kind: SampleKind;
  /** "bundled": came with a model that the product brings. */
  origin: "given" | "bundled";
  fileName: string;
  contentType: string;
  /** Artifact with the file's bytes. */
  digest: string;
  bytes: number;
  /** What the first step feeds; no state. */
  tensors: SampleTensor[];
  /** Steps that are compared: more than one for one stream of a model with state. */
  steps: number;
  setAt: string;
  setBy: string;
};

/** A person's picture, text or recording to try with. */
export const MAX_SAMPLE_BYTES = 32 * 1024 * 1024;
/** Steps of one stream: a second of speech in steps of 32 ms. State is carried well before. */
export const MAX_SAMPLE_STEPS = 32;
/** All steps' tensors together: they lie in memory beside the whole model and travel to the ingress that verifies. */
export const MAX_SAMPLE_TENSOR_BYTES = 64 * 1024 * 1024;

/** What a kind of processor takes; null for one that is not known here. */
export function sampleKindOf(processorKind: string): Exclude<SampleKind, "tensors"> | null {
  if (processorKind.startsWith("image-") || processorKind === "ctc-text" || processorKind === "text-detect") return "picture";
  if (processorKind === "text-embed" || processorKind === "text-classify") return "text";
  return processorKind === "voice-activity" ? "audio" : null;
}
