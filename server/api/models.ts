import { z } from "zod";
import { deleteModel } from "../commands/delete-model.ts";
import type { Deps } from "../commands/deps.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { listPlanningProfiles } from "../commands/list-planning-profiles.ts";
import { profileModel } from "../commands/profile-model.ts";
import { renameModel } from "../commands/rename-model.ts";
import { readBuiltInSample } from "../commands/read-sample.ts";
import { setProcessor } from "../commands/set-processor.ts";
import { setSample } from "../commands/set-sample.ts";
import { findModel, listModelDeployments, listModels, type StoredModel, toModelRow } from "../store/models.ts";
import { givenSample, modelDetail, modelRow, profileRow } from "./schemas/model-schemas.ts";
import { byId, done, idempotencyKey, operation } from "./schemas/operation-schemas.ts";
import { processorSpec } from "./schemas/tensor-schemas.ts";
import { procedure, router } from "./trpc.ts";

export const models = router({
  list: procedure
    .meta({ openapi: { method: "GET", path: "/models", tags: ["models"], summary: "List models, newest first" } })
    .input(z.object({}).default({}))
    .output(z.array(modelRow))
    .query(({ ctx }) => listModels(ctx.deps.db)),
  get: procedure
    .meta({ openapi: { method: "GET", path: "/models/{id}", tags: ["models"], summary: "A model with its layers and cuts" } })
    .input(byId)
    .output(modelDetail)
    .query(async ({ ctx, input }) => toDetail(ctx.deps, await findOrThrow(findModel(ctx.deps.db, input.id), "model", input.id))),
  profiles: procedure
    .meta({ openapi: { method: "GET", path: "/models/{id}/profiles", tags: ["models"], summary: "Milliseconds per layer, estimated and measured" } })
    .input(byId)
    .output(z.array(profileRow))
    .query(async ({ ctx, input }) => {
      return listPlanningProfiles(ctx.deps, await findOrThrow(findModel(ctx.deps.db, input.id), "model", input.id));
    }),
  rename: procedure
    .meta({ openapi: { method: "PATCH", path: "/models/{id}", tags: ["models"], summary: "Rename a model" } })
    .input(byId.extend({ name: z.string() }))
    .output(modelRow)
    .mutation(async ({ ctx, input }) => toModelRow(await renameModel(ctx.deps, input, ctx.actor))),
  setProcessor: procedure
    .meta({ openapi: { method: "PUT", path: "/models/{id}/processor", tags: ["models"], summary: "Declare pre- and post-processing; null = tensors only. Files are uploaded before, by PUT /files/processor; the declaration is loaded with them before it is taken" } })
    .input(byId.extend({ processor: processorSpec.nullable(), files: z.array(z.object({ name: z.string().min(1).max(200), digest: z.string() })).max(20).optional() }))
    .output(modelDetail)
    .mutation(async ({ ctx, input }) => toDetail(ctx.deps, await setProcessor(ctx.deps, input, ctx.actor))),
  setSample: procedure
    .meta({ openapi: { method: "PUT", path: "/models/{id}/sample", tags: ["models"], summary: "The real input the model's plans are compared on; null = none of its own. The file is uploaded before, by PUT /files/sample. The current plans are compared again: await the operation" } })
    .input(byId.extend({ sample: givenSample.nullable() }))
    .output(z.object({ model: modelDetail, operation: operation.nullable() }))
    .mutation(async ({ ctx, input }) => {
      const { model, operation } = await setSample(ctx.deps, input, ctx.actor);
      return { model: await toDetail(ctx.deps, model), operation };
    }),
  measure: procedure
    .meta({ openapi: { method: "POST", path: "/models/{id}/measure", tags: ["models"], summary: "Measure the model on live nodes, by default one of each device class; with depth “segments” also real segments in every mode, when the nodes are idle" } })
    .input(byId.extend({ nodeIds: z.array(z.string()).max(1000).optional(), depth: z.enum(["whole", "segments"]).default("whole"), idempotencyKey }))
    .output(z.object({ operation }))
    .mutation(async ({ ctx, input }) => ({ operation: await profileModel(ctx.deps, input, ctx.actor) })),
  delete: procedure
    .meta({ openapi: { method: "DELETE", path: "/models/{id}", tags: ["models"], summary: "Delete a model that no deployment uses, with its files" } })
    .input(byId)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await deleteModel(ctx.deps, input.id, ctx.actor);
      return { ok: true as const };
    }),
});

async function toDetail(deps: Deps, model: StoredModel): Promise<z.infer<typeof modelDetail>> {
  const { facts, processor, processorFiles, sample } = model;
  return { ...toModelRow(model), facts, processor, processorFiles, sample, builtInSample: readBuiltInSample(model), deployments: await listModelDeployments(deps.db, model.id) };
}
