import type { ProcessorSpec } from "../../agents/protocol/control.ts";
import { AppError } from "../errors.ts";
import { canonicalJson } from "../planner/canonical-json.ts";
import { findArtifact } from "../store/artifacts.ts";
import { findModel, type ProcessorFile, type StoredModel, updateModelProcessor } from "../store/models.ts";
import { checkProcessor } from "./check-processor.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { recheckPlans } from "./recheck-plans.ts";

/**
 * Running deployments take it on with their next desired state, and the current plans are compared again on what it makes of the sample.
 * Files keep those of before when none are given.
 * @throws AppError not-found, bad-request for a file that was not uploaded, or a declaration that no ingress could load
 */
export async function setProcessor(deps: Deps, input: { id: string; processor: ProcessorSpec | null; files?: { name: string; digest: string }[] }, actor: Actor): Promise<StoredModel> {
  const model = await findOrThrow(findModel(deps.db, input.id), "model", input.id);
  const files: ProcessorFile[] = input.files === undefined ? model.processorFiles : [];
  for (const { name, digest } of input.files ?? []) {
    const artifact = await findArtifact(deps.db, digest);
    if (!artifact) throw new AppError("bad-request", `The file “${name}” was not uploaded.`, { place: "files", fix: "Upload it with PUT /api/v1/files/processor and use the digest of the answer." });
    if (files.some((file) => file.name === name)) throw new AppError("bad-request", `Two files are called “${name}”.`, { place: "files", fix: "Name each file once." });
    files.push({ name, digest, bytes: artifact.bytes });
  }
  if (input.processor !== null) await checkProcessor(deps, model, input.processor, files);
  await deps.publisher.transact(async (tx, append) => {
    await updateModelProcessor(tx, model.id, input.processor, files);
    const message = input.processor === null ? `Model “${model.name}” takes tensors only now.` : `Model “${model.name}” has the processor ${input.processor.kind} now.`;
    await append({ name: "model.changed", subjectId: model.id, actor, message, payload: { modelId: model.id, name: model.name } });
  });
  deps.wake("a model's processor was set");
  const kept = input.processor === null ? [] : files;
  if (canonicalJson([model.processor, model.processorFiles]) !== canonicalJson([input.processor, kept])) await recheckPlans(deps, model.id, actor);
  return { ...model, processor: input.processor, processorFiles: kept };
}
