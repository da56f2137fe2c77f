import { AppError } from "../errors.ts";
import { findModel, findModelByName, renameModel as renameRow, type StoredModel } from "../store/models.ts";
import { checkName } from "./check-name.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";

/** @throws AppError not-found, bad-request, conflict when the name is taken. */
export async function renameModel(deps: Deps, input: { id: string; name: string }, actor: Actor): Promise<StoredModel> {
  const name = checkName(input.name, "model");
  return deps.publisher.transact(async (tx, append) => {
    const model = await findOrThrow(findModel(tx, input.id), "model", input.id);
    if (name === model.name) return model;
    const other = await findModelByName(tx, name);
    if (other) throw new AppError("conflict", `There is a model “${name}” already.`, { place: "name", fix: "Choose another name." });
    await renameRow(tx, model.id, name);
    await append({ name: "model.changed", subjectId: model.id, actor, message: `Model “${model.name}” is called “${name}” now.`, payload: { modelId: model.id, name } });
    return { ...model, name };
  });
}
