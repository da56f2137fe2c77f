// Owns how a wanted measurement becomes the task a node is given: the whole model as one segment, at the sizes its figures were computed with.
import type { SegmentSpec, SessionOptions } from "../../agents/protocol/control.ts";
import type { ModelFacts } from "../model/model.ts";
import type { MeasurementView } from "../policy/snapshot.ts";
import type { Db } from "../store/db.ts";
import { fromJson } from "../store/json.ts";
import type { StoredMeasurement } from "../store/measurements.ts";
import { resolveShape } from "./resolve-shape.ts";

/** Enough for a median; a slow model is cut short by the time-out. */
export const MEASURE_RUNS = 15;
export const MEASURE_TIMEOUT_MS = 300_000;

/** Null until the whole model's segment is made. */
export async function measureTaskOf(db: Db, row: StoredMeasurement, facts: ModelFacts): Promise<MeasurementView | null> {
  const segment = await db.segment.findUnique({ where: { modelId_fromLayer_toLayer: { modelId: row.modelId, fromLayer: 0, toLayer: facts.layers.length } } });
  if (!segment) return null;
  const spec = { ...fromJson<SegmentSpec>(segment.spec), segmentId: segment.id };
  const inputs = spec.inputs.map((input) => ({ name: input.name, dataType: input.dataType, shape: resolveShape(input.shape, facts.dimensionValues) }));
  return { nodeId: row.nodeId, task: { taskId: row.id, modelId: row.modelId, segment: spec, session: JSON.parse(row.mode) as SessionOptions, inputs, runs: MEASURE_RUNS, timeoutMs: MEASURE_TIMEOUT_MS } };
}
