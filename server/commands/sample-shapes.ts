// Owns how large made-up requests are: as the model's sample, so that open dimensions are as wide as in real requests.
import { findModel } from "../store/models.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { prepareInputs } from "./prepare-inputs.ts";

/** Options of the load generator. @throws AppError not-found */
export async function sampleShapes(deps: Deps, modelId: string, signal: AbortSignal): Promise<string[]> {
  const model = await findOrThrow(findModel(deps.db, modelId), "model", modelId);
  const prepared = await prepareInputs(deps, model, signal);
  prepared.remove();
  const known = (prepared.inputs?.about.tensors ?? []).filter(({ shape }) => shape.length > 0 && shape.every((size) => size > 0));
  return known.flatMap(({ name, shape }) => ["--shape", `${name}=${shape.join(",")}`]);
}
