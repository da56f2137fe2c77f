// Owns giving a model its sample and taking it away. A sample is kept only when the model takes it; its plans are compared again on it.
import { AppError } from "../errors.ts";
import { tryPrepared } from "../inspect/prepare-sample.ts";
import { MAX_SAMPLE_BYTES, type ModelSample, sampleKindOf, type SampleTensor } from "../model/model-sample.ts";
import { ModelRefusal } from "../model/model-refusal.ts";
import { artifactPath, findArtifact } from "../store/artifacts.ts";
import { findModel, type StoredModel, updateModelSample } from "../store/models.ts";
import type { Operation } from "../store/operations.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { holdArtifacts } from "./hold-artifacts.ts";
import { locateModel } from "./model-tools.ts";
import { prepareSampleFile } from "./prepare-inputs.ts";
import { recheckPlans } from "./recheck-plans.ts";

/** `digest`: of a file uploaded before. */
export type GivenSample = { form: "raw" | "tensors"; fileName: string; contentType: string; digest: string; origin?: ModelSample["origin"] };
/** `operation`: the check of the current plans; null when there are none, or nothing changed. */
export type SampleSet = { model: StoredModel; operation: Operation | null };

/**
 * The same sample again changes nothing.
 * @throws AppError not-found; bad-request for a file that was not uploaded or does not fit, naming tensor and shape; too-large
 */
export async function setSample(deps: Deps, input: { id: string; sample: GivenSample | null }, actor: Actor): Promise<SampleSet> {
  const model = await findOrThrow(findModel(deps.db, input.id), "model", input.id);
  const sample = input.sample === null ? null : await readSample(deps, model, input.sample, actor);
  if (isSame(model.sample, sample)) return { model, operation: null };
  await holdArtifacts(deps, async (suspect) => {
    await deps.publisher.transact(async (tx, append) => {
      const { sample: before } = await findOrThrow(findModel(tx, model.id), "model", model.id);
      await updateModelSample(tx, model.id, sample);
      await append({ name: "model.changed", subjectId: model.id, actor, message: sample === null ? `The sample of “${model.name}” was removed.` : `“${sample.fileName}” is the sample of “${model.name}” now.`, payload: { modelId: model.id, name: model.name } });
      if (before !== null && before.digest !== sample?.digest) suspect(before.digest);
    });
  });
  return { model: { ...model, sample }, operation: await recheckPlans(deps, model.id, actor) };
}

async function readSample(deps: Deps, model: StoredModel, given: GivenSample, actor: Actor): Promise<ModelSample> {
  const { form, fileName, contentType, digest, origin = "given" } = given;
  const artifact = await findArtifact(deps.db, digest);
  if (!artifact) throw new AppError("bad-request", `The file “${fileName}” was not uploaded.`, { place: "sample.digest", fix: "Upload it with PUT /api/v1/files/sample and use the digest of the answer." });
  if (artifact.bytes > MAX_SAMPLE_BYTES) throw new AppError("too-large", `A sample may have ${MAX_SAMPLE_BYTES / 1024 / 1024} MiB at most.`, { place: "sample.digest", fix: "Use a smaller file." });
  const kind = form === "tensors" ? "tensors" : model.processor === null ? null : sampleKindOf(model.processor.kind);
  if (kind === null) throw new AppError("bad-request", "The model has no processor that takes a picture, a text or a sound.", { place: "sample.form", fix: "Declare a processor first, or give tensors as an Open Inference Protocol request." });
  const { tensors, steps } = await tryOn(deps, model, { kind, contentType, path: artifactPath(deps.dataFolder, digest) }, fileName);
  return { kind, origin, fileName, contentType, digest, bytes: artifact.bytes, tensors, steps, setAt: new Date(deps.clock.now()).toISOString(), setBy: actor };
}

/** Prepares it, and runs the whole model on it once. */
async function tryOn(deps: Deps, model: StoredModel, file: Parameters<typeof prepareSampleFile>[2], fileName: string): Promise<{ tensors: SampleTensor[]; steps: number }> {
  const refuse = (why: string, fix: string | null = null, cause?: unknown): never => {
    throw new AppError("bad-request", `“${fileName}” does not fit “${model.name}”: ${why}`, { place: "sample", fix: fix ?? "Send one that the model takes.", cause });
  };
  try {
    const prepared = await prepareSampleFile(deps, model, file);
    if ("refusal" in prepared) return refuse(prepared.refusal);
    try {
      await tryPrepared(prepared, { ...locateModel(deps, model), facts: model.facts });
      return { tensors: prepared.tensors, steps: prepared.stepPaths.length };
    } catch (error) {
      if (!(error instanceof ModelRefusal)) throw error;
      return refuse(`with ${prepared.tensors.map(({ name, shape }) => `"${name}" [${shape.join(", ")}]`).join(", ")}: ${error.message}`, "Send one of another size.", error);
    } finally {
      prepared.remove();
    }
  } catch (error) {
    if (error instanceof ModelRefusal) return refuse(error.message, error.fix, error);
    throw error;
  }
}

function isSame(a: ModelSample | null, b: ModelSample | null): boolean {
  const key = (sample: ModelSample | null) => sample && [sample.digest, sample.kind, sample.fileName, sample.contentType, sample.origin].join("\n");
  return key(a) === key(b);
}
