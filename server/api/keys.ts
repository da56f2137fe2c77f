import { z } from "zod";
import { createCredential } from "../commands/create-credential.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { type KeyChange, setKey } from "../commands/set-key.ts";
import { type Credential, listCredentials } from "../store/credentials.ts";
import { findDeployment } from "../store/deployments.ts";
import { keyLimits } from "./schemas/deployment-schemas.ts";
import { byId } from "./schemas/operation-schemas.ts";
import { procedure, router } from "./trpc.ts";

const tags = ["deployments"];
const limits = keyLimits.meta({ description: "Of this key at each ingress, in place of the deployment's; null = as the deployment says." });
const keyRow = z.object({ id: z.string(), name: z.string(), createdAt: z.iso.datetime(), limits }).meta({ id: "KeyRow" });

export const keys = router({
  list: procedure
    .meta({ openapi: { method: "GET", path: "/deployments/{id}/keys", tags, summary: "Keys of a deployment and what each may ask, without their secrets" } })
    .input(byId)
    .output(z.array(keyRow))
    .query(async ({ ctx, input }) => {
      await findOrThrow(findDeployment(ctx.deps.db, input.id), "deployment", input.id);
      return (await listCredentials(ctx.deps.db, { kind: "inference", deploymentId: input.id })).map(toRow);
    }),
  create: procedure
    .meta({ openapi: { method: "POST", path: "/deployments/{id}/keys", tags, summary: "A key for the deployment's ingress; shown once" } })
    .input(byId.extend({ name: z.string(), limits: limits.optional() }))
    .output(z.object({ id: z.string(), key: z.string() }))
    .mutation(async ({ ctx, input }) => {
      const deployment = await findOrThrow(findDeployment(ctx.deps.db, input.id), "deployment", input.id);
      const { credential, token } = await createCredential(ctx.deps, { name: input.name, kind: "inference", deploymentId: deployment.id, limits: input.limits ?? null, actor: ctx.actor });
      return { id: credential.id, key: token };
    }),
  set: procedure
    .meta({ openapi: { method: "PATCH", path: "/deployments/{id}/keys/{keyId}", tags, summary: "Change what one key may ask, while its deployment serves; what is left out stays, null takes its own away" } })
    .input(byId.extend({ keyId: z.string().min(1).max(100), limits: limits.optional() }))
    .output(keyRow)
    .mutation(async ({ ctx, input: { id, keyId, ...change } }) => toRow(await setKey(ctx.deps, { deploymentId: id, keyId, change: change as KeyChange, actor: ctx.actor }))),
});

function toRow({ id, name, createdAt, limits }: Credential): z.infer<typeof keyRow> {
  return { id, name, createdAt, limits };
}
