// Owns rows of segments: a layer range of a model, made once and used by every plan that has the same range.
import type { SegmentSpec } from "../../agents/protocol/control.ts";
import type { LayerRange } from "../model/model.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson, toJson } from "./json.ts";

export type StoredSegment = { modelId: string; range: LayerRange; spec: SegmentSpec };

export async function findSegment(db: Db | Tx, modelId: string, range: LayerRange): Promise<StoredSegment | null> {
  const row = await db.segment.findUnique({ where: { modelId_fromLayer_toLayer: { modelId, fromLayer: range.from, toLayer: range.to } } });
  return row && { modelId, range, spec: fromJson<SegmentSpec>(row.spec) };
}

/** The first one made of a range stands: a second one, made at the same time, is not stored. Returns the one that stands. */
export async function insertSegment(db: Db | Tx, segment: StoredSegment, createdAt: Date): Promise<StoredSegment> {
  const { modelId, range, spec } = segment;
  await db.segment.createMany({ data: [{ id: spec.segmentId, modelId, fromLayer: range.from, toLayer: range.to, spec: toJson(spec), createdAt }], skipDuplicates: true });
  return (await findSegment(db, modelId, range)) ?? segment;
}
