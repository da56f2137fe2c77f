import { AppError } from "../errors.ts";
import { listReferencedArtifacts } from "../store/artifacts.ts";
import { findModel, listModelDeployments, markModelDeleted } from "../store/models.ts";
import { deleteResidentRecords } from "../store/resident-ranges.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { holdArtifacts } from "./hold-artifacts.ts";

/** Its files go too, where no other model has the same bytes. @throws AppError conflict while a deployment uses it. */
export async function deleteModel(deps: Deps, id: string, actor: Actor): Promise<void> {
  await holdArtifacts(deps, async (suspect) => {
    const before = await listReferencedArtifacts(deps.db);
    await deps.publisher.transact(async (tx, append) => {
      const model = await findOrThrow(findModel(tx, id), "model", id);
      const [user] = await listModelDeployments(tx, id);
      if (user) throw new AppError("conflict", `The deployment “${user.name}” uses this model.`, { place: id, fix: "Delete the deployment first." });
      await markModelDeleted(tx, id, new Date(deps.clock.now()));
      await deleteResidentRecords(tx, id);
      await append({ name: "model.deleted", subjectId: id, actor, message: `Model “${model.name}” was deleted.`, payload: { modelId: id, name: model.name } });
    });
    const after = await listReferencedArtifacts(deps.db);
    for (const digest of before) if (!after.has(digest)) suspect(digest);
  });
}
