import type { ProcessorSpec } from "../../agents/protocol/control.ts";
import { AppError } from "../errors.ts";
import { findArtifact } from "../store/artifacts.ts";
import { findModel, type ProcessorFile, type StoredModel, updateModelProcessor } from "../store/models.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";

/** Running deployments take it on with their next desired state. Files keep those of before when none are given. @throws AppError not-found, bad-request for a file that was not uploaded. */
export async function setProcessor(deps: Deps, input: { id: string; processor: ProcessorSpec | null; files?: { name: string; digest: string }[] }): Promise<StoredModel> {
  const model = await findOrThrow(findModel(deps.db, input.id), "model", input.id);
  const files: ProcessorFile[] = input.files === undefined ? model.processorFiles : [];
  for (const { name, digest } of input.files ?? []) {
    const artifact = await findArtifact(deps.db, digest);
    if (!artifact) throw new AppError("bad-request", `The file “${name}” was not uploaded.`, { place: "files", fix: "Upload it with PUT /api/v1/files/processor and use the digest of the answer." });
    files.push({ name, digest, bytes: artifact.bytes });
  }
  await updateModelProcessor(deps.db, model.id, input.processor, files);
  deps.wake("a model's processor was set");
  return { ...model, processor: input.processor, processorFiles: input.processor === null ? [] : files };
}
