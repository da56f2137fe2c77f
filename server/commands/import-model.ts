// Owns how stored files become a model: analysed apart from this process' event loop, then one row with its event, or nothing at all.
import { AppError } from "../errors.ts";
import { newId } from "../ids.ts";
import { estimateProfile } from "../model/estimate-profile.ts";
import type { ModelFacts } from "../model/model.ts";
import { findModelByName, findModelsByDigest, insertModel, type ModelOrigin, type StoredModel } from "../store/models.ts";
import { saveProfile } from "../store/profiles.ts";
import { MAX_NAME_LENGTH } from "./check-name.ts";
import type { Actor, Deps } from "./deps.ts";
import { analyseFiles } from "./model-tools.ts";
import type { OperationContext } from "./run-operation.ts";

/** A stored artifact under the name it has beside the model. */
export type ModelFile = { fileName: string; digest: string; bytes: number };
export type ImportInput = { id: string; name: string; main: ModelFile; externalFiles: ModelFile[]; origin: ModelOrigin };

/**
 * The same files again give the model that is there. A taken name gets a number.
 * @throws AppError model-refused with the place in the file; cancelled
 */
export async function importModel(deps: Deps, input: ImportInput, actor: Actor, context: Pick<OperationContext, "signal" | "progress">): Promise<{ model: StoredModel; existed: boolean }> {
  const known = await findSame(deps, input);
  if (known) return { model: known, existed: true };
  context.progress({ step: "analysing" });
  const facts = await analyseFiles(deps, input, context.signal, (detail) => context.progress({ step: "analysing", detail })).catch(async (error: unknown) => {
    if (error instanceof AppError && error.code === "model-refused") await tellRefused(deps, input, actor, error);
    throw error;
  });
  context.signal.throwIfAborted();
  return deps.publisher.transact(async (tx, append) => {
    // Two uploads of the same file at once: the second one waits here and finds the first one's model.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended('import-model', 0))`;
    const meanwhile = (await findModelsByDigest(tx, input.main.digest)).find((model) => hasSameFiles(model, input));
    if (meanwhile) return { model: meanwhile, existed: true };
    const at = new Date(deps.clock.now());
    const name = await freeName(input.name, async (candidate) => (await findModelByName(tx, candidate)) === null);
    const bytes = [input.main, ...input.externalFiles].reduce((sum, file) => sum + file.bytes, 0);
    const model = await insertModel(tx, { id: input.id, name, origin: input.origin, fileName: input.main.fileName, bytes, facts, createdAt: at, createdBy: actor });
    await saveProfile(tx, model.id, estimateProfile(facts), null, at);
    const legalCuts = facts.cuts.filter((cut) => cut.legal).length;
    await append({
      name: "model.imported",
      subjectId: model.id,
      actor,
      message: `Model “${name}” was imported: ${facts.layers.length} layers, ${legalCuts} legal ${legalCuts === 1 ? "cut" : "cuts"}.${facts.noCutReason === null ? "" : ` ${facts.noCutReason}`}`,
      payload: { modelId: model.id, name, layers: facts.layers.length, legalCuts },
    });
    return { model, existed: false };
  });
}

export function newModelId(): string {
  return newId("mdl");
}

async function findSame(deps: Deps, input: ImportInput): Promise<StoredModel | null> {
  return (await findModelsByDigest(deps.db, input.main.digest)).find((model) => hasSameFiles(model, input)) ?? null;
}

/** Files that the model does not refer to do not count. */
function hasSameFiles(model: StoredModel, input: ImportInput): boolean {
  return model.facts.externalFiles.every((file: ModelFacts["externalFiles"][number]) => input.externalFiles.some((given) => given.fileName === file.fileName && given.digest === file.digest));
}

/** "name", "name 2", "name 3" … */
async function freeName(wanted: string, isFree: (name: string) => Promise<boolean>): Promise<string> {
  for (let number = 1; ; number++) {
    const suffix = number === 1 ? "" : ` ${number}`;
    const name = wanted.slice(0, MAX_NAME_LENGTH - suffix.length) + suffix;
    if (await isFree(name)) return name;
  }
}

async function tellRefused(deps: Deps, input: ImportInput, actor: Actor, error: AppError): Promise<void> {
  const code = (error.details as { code?: string } | null)?.code ?? error.code;
  await deps.publisher.transact((_tx, append) =>
    append({ name: "model.refused", subjectId: input.id, actor, message: `“${input.main.fileName}” was refused: ${error.message}`, payload: { fileName: input.main.fileName, code, place: error.place } }),
  );
}
