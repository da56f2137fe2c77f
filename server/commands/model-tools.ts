// Owns the way from stored artifacts to the model core's programs, which run apart from this process' event loop, and what their refusals
// become for a caller.
import type { SegmentSpec } from "../../agents/protocol/control.ts";
import { AppError } from "../errors.ts";
import type { LayerRange, ModelFacts } from "../model/model.ts";
import { ModelRefusal } from "../model/model-refusal.ts";
import { artifactPath } from "../store/artifacts.ts";
import type { StoredModel } from "../store/models.ts";
import { analyseModel } from "../threads/analyse-model.ts";
import { extractSegments } from "../threads/extract-segment.ts";
import type { ExternalFile } from "../threads/messages.ts";
import type { Deps } from "./deps.ts";
import type { ImportInput } from "./import-model.ts";

/** @throws AppError model-refused (with the core's own code in the details), cancelled */
export async function analyseFiles(deps: Deps, input: ImportInput, signal: AbortSignal, onProgress: (detail: string) => void): Promise<ModelFacts> {
  const { main, externalFiles } = input;
  const job = { path: artifactPath(deps.dataFolder, main.digest), fileName: main.fileName, digest: main.digest, fileBytes: main.bytes, externalFiles: locate(deps, externalFiles) };
  return analyseModel({ ...job, signal, onProgress: ({ step }) => onProgress(step) }).catch(rethrow);
}

/** A range's skeleton, and what its segment needs beside it. @throws AppError model-refused for an illegal cut */
export async function extractRange(deps: Deps, model: StoredModel, range: LayerRange, signal?: AbortSignal): Promise<{ spec: Omit<SegmentSpec, "segmentId">; skeleton: Uint8Array }> {
  const [segment] = await extractSegments({ ...locateModel(deps, model), facts: model.facts, ranges: [range], ...(signal ? { signal } : {}) }).catch(rethrow);
  if (!segment) throw new AppError("internal", "The model core made no segment.");
  return segment;
}

export function locateModel(deps: Deps, model: StoredModel): { path: string; externalFiles: ExternalFile[] } {
  return { path: artifactPath(deps.dataFolder, model.digest), externalFiles: locate(deps, model.facts.externalFiles) };
}

function locate(deps: Deps, files: { fileName: string; digest: string; bytes: number }[]): ExternalFile[] {
  return files.map(({ fileName, digest, bytes }) => ({ fileName, digest, bytes, path: artifactPath(deps.dataFolder, digest) }));
}

/** @throws always */
export function rethrow(error: unknown): never {
  if (!(error instanceof ModelRefusal)) throw error;
  if (error.code === "cancelled") throw new AppError("cancelled", "It was cancelled.", { cause: error });
  throw new AppError("model-refused", error.message, { ...(error.place === null ? {} : { place: error.place }), ...(error.fix === null ? {} : { fix: error.fix }), details: { code: error.code }, cause: error });
}
