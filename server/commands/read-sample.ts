// Owns what of a model's sample is shown: which file it is compared on, its own or the product's.
import { AppError } from "../errors.ts";
import { type BuiltInSample, builtInSample } from "../inspect/built-in-sample.ts";
import { type SampleKind, sampleKindOf } from "../model/model-sample.ts";
import { artifactPath } from "../store/artifacts.ts";
import { findModel, type StoredModel } from "../store/models.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";

export type SampleSummary = { kind: SampleKind; fileName: string; contentType: string; digest: string; bytes: number };

/** The product's own for what the model's processor takes; null where it takes nothing known. */
export function readBuiltInSample({ processor }: Pick<StoredModel, "processor">): SampleSummary | null {
  const found = ownOf(processor?.kind);
  if (found === null) return null;
  const { kind, fileName, contentType, digest, bytes } = found;
  return { kind, fileName, contentType, digest, bytes };
}

/** The file of the model's sample, else of the product's own. @throws AppError not-found */
export async function locateSample(deps: Deps, modelId: string): Promise<SampleSummary & { path: string }> {
  const model = await findOrThrow(findModel(deps.db, modelId), "model", modelId);
  if (model.sample) return { ...model.sample, path: artifactPath(deps.dataFolder, model.sample.digest) };
  const own = ownOf(model.processor?.kind);
  if (own === null) throw new AppError("not-found", `“${model.name}” has no sample.`, { place: modelId, fix: "Give it one with PUT /api/v1/models/{id}/sample." });
  return own;
}

function ownOf(processorKind: string | undefined): BuiltInSample | null {
  const kind = processorKind === undefined ? null : sampleKindOf(processorKind);
  return kind === null ? null : builtInSample(kind);
}
