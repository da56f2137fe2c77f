// Owns which inputs a model's plans are compared on: its own sample, else the product's own of the kind its processor takes, else made up.
// Why a better one was not used goes with the answer.
import { type RealInputs, stepsOf } from "../inspect/check-parity.ts";
import { builtInSample } from "../inspect/built-in-sample.ts";
import { type PreparedSample, prepareSample } from "../inspect/prepare-sample.ts";
import { ModelRefusal } from "../model/model-refusal.ts";
import { type SampleKind, sampleKindOf } from "../model/model-sample.ts";
import type { ParityInputs } from "../planner/plan.ts";
import { artifactPath } from "../store/artifacts.ts";
import type { StoredModel } from "../store/models.ts";
import type { Deps } from "./deps.ts";

type SampleFile = { kind: SampleKind; contentType: string; path: string };
/** `inputs: null` = make them up. `remove` when the check is over. */
export type PreparedInputs = { inputs: RealInputs | null; note: string | null; remove(): void };

/** @throws ModelRefusal cancelled */
export async function prepareInputs(deps: Deps, model: StoredModel, signal?: AbortSignal): Promise<PreparedInputs> {
  const notes: string[] = [];
  for (const candidate of candidatesFor(deps, model)) {
    const prepared = await prepareSampleFile(deps, model, candidate, signal).catch((error: unknown) => {
      if (!(error instanceof ModelRefusal) || error.code === "cancelled") throw error;
      return { refusal: error.message };
    });
    if ("refusal" in prepared) {
      notes.push(`${candidate.source === "built-in" ? "Cutplane's own sample" : "The model's sample"} was not used: ${prepared.refusal}`);
      continue;
    }
    const { source, kind, fileName, digest } = candidate;
    const about: ParityInputs = { source, kind, fileName, digest, tensors: prepared.tensors, steps: stepsOf(model.facts, prepared.stepPaths.length), note: joined(notes) };
    return { inputs: { stepPaths: prepared.stepPaths, about }, note: about.note, remove: prepared.remove };
  }
  return { inputs: null, note: joined(notes), remove: () => {} };
}

/** A sample's file as tensors of the model; what does not fit comes back in words. @throws ModelRefusal as `prepareSample` */
export async function prepareSampleFile(deps: Deps, model: StoredModel, { kind, contentType, path }: SampleFile, signal?: AbortSignal): Promise<PreparedSample | { refusal: string }> {
  const takes = model.processor === null ? null : sampleKindOf(model.processor.kind);
  if (kind !== "tensors" && takes !== kind) return { refusal: takes === null ? "the model has no processor that takes it" : `it is ${article(kind)}, and the model's processor takes ${article(takes)}` };
  const files = model.processorFiles.map(({ name, digest }) => ({ name, path: artifactPath(deps.dataFolder, digest) }));
  const processor = kind === "tensors" || model.processor === null ? null : { spec: model.processor, contentType, files };
  return prepareSample({ path, processor, facts: model.facts, ...(signal ? { signal } : {}) });
}

type Candidate = SampleFile & { source: "given" | "bundled" | "built-in"; fileName: string; digest: string };

function candidatesFor(deps: Deps, { sample, processor }: StoredModel): Candidate[] {
  const takes = processor === null ? null : sampleKindOf(processor.kind);
  const own = sample === null ? [] : [{ ...sample, source: sample.origin, path: artifactPath(deps.dataFolder, sample.digest) }];
  return [...own, ...(takes === null ? [] : [{ ...builtInSample(takes), source: "built-in" as const }])];
}

const article = (kind: SampleKind): string => (kind === "audio" || kind === "text" ? kind : `a ${kind}`);
const joined = (notes: string[]): string | null => (notes.length === 0 ? null : notes.join(" "));
