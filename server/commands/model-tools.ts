// Owns the way from stored artifacts to the model core's programs: a folder where files have the names that the model refers to them by.
import type { SegmentSpec } from "../../agents/protocol/control.ts";
import { AppError } from "../errors.ts";
import type { LayerRange, ModelFacts } from "../model/model.ts";
import type { Parity } from "../planner/plan.ts";
import type { StoredModel } from "../store/models.ts";
import type { Deps } from "./deps.ts";
import type { ImportInput } from "./import-model.ts";

export async function analyseFiles(_deps: Deps, _input: ImportInput, _signal: AbortSignal, _progress: (detail: string) => void): Promise<ModelFacts> {
  throw new AppError("unavailable", "Models can't be analysed yet.");
}
export async function extractRange(_deps: Deps, _model: StoredModel, _range: LayerRange, _signal?: AbortSignal): Promise<{ spec: Omit<SegmentSpec, "segmentId" | "skeletonDigest" | "skeletonBytes">; skeleton: Uint8Array }> {
  throw new AppError("unavailable", "Models can't be cut yet.");
}
export async function compareSegments(_deps: Deps, _model: StoredModel, _segments: SegmentSpec[], _signal?: AbortSignal): Promise<{ parity: Parity; parityFile: Uint8Array | null }> {
  throw new AppError("unavailable", "Models can't be compared yet.");
}
