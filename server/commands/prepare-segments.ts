// Owns how layer ranges of a model become segments: skeletons as artifacts, rows that every later plan reuses.
import type { SegmentSpec } from "../../agents/protocol/control.ts";
import { newId } from "../ids.ts";
import type { LayerRange } from "../model/model.ts";
import { storeArtifactBytes } from "../store/artifacts.ts";
import { findModel, type StoredModel } from "../store/models.ts";
import { findSegment, insertSegment } from "../store/segments.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { extractRange } from "./model-tools.ts";

/** One at a time for each range in this process: two callers at once would make it twice. */
const making = new Map<string, Promise<SegmentSpec>>();

/** In the order of `ranges`. Those made before are taken from their rows. @throws AppError not-found, model-refused for a range that ends at an illegal cut */
export async function prepareSegments(deps: Deps, modelId: string, ranges: LayerRange[], signal?: AbortSignal): Promise<SegmentSpec[]> {
  const model = await findOrThrow(findModel(deps.db, modelId), "model", modelId);
  const specs: SegmentSpec[] = [];
  for (const range of ranges) {
    const key = `${modelId}/${range.from}-${range.to}`;
    const made = making.get(key) ?? prepareOne(deps, model, range, signal).finally(() => making.delete(key));
    making.set(key, made);
    specs.push(await made);
  }
  return specs;
}

async function prepareOne(deps: Deps, model: StoredModel, range: LayerRange, signal?: AbortSignal): Promise<SegmentSpec> {
  const known = await findSegment(deps.db, model.id, range);
  if (known) return known.spec;
  const { spec, skeleton } = await extractRange(deps, model, range, signal);
  const artifact = await storeArtifactBytes(deps.db, deps.dataFolder, "skeleton", skeleton);
  const made: SegmentSpec = { ...spec, segmentId: newId("seg"), skeletonDigest: artifact.digest, skeletonBytes: artifact.bytes };
  return (await insertSegment(deps.db, { modelId: model.id, range, spec: made }, new Date(deps.clock.now()))).spec;
}
