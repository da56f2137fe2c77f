import { z } from "zod";
import { periodEndMs, periodOf, QUOTA_PERIODS } from "../../agents/protocol/quota-period.ts";
import { createCredential } from "../commands/create-credential.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { type KeyChange, setKey } from "../commands/set-key.ts";
import { requestsOf, usedIn } from "../policy/share-quota.ts";
import { type Credential, listCredentials } from "../store/credentials.ts";
import { findDeployment } from "../store/deployments.ts";
import { readKeyUsage } from "../store/key-usage.ts";
import type { Context } from "./context.ts";
import { keyLimits } from "./schemas/deployment-schemas.ts";
import { byId } from "./schemas/operation-schemas.ts";
import { procedure, router } from "./trpc.ts";

const tags = ["deployments"];
/** Beyond what any ingress answers in a month. */
const MAX_QUOTA = 1e12;
const limits = keyLimits.meta({ description: "Of this key at each ingress, in place of the deployment's; null = as the deployment says." });
const requests = z.number().int().min(1).max(MAX_QUOTA).nullable().default(null);
const quota = z
  .object({ perDay: requests, perMonth: requests })
  .nullable()
  .meta({ description: "Requests let in over all ingresses of the deployment, by calendar days and months of UTC; what is more is answered 429, Retry-After the period's end. null = any number. Counted from when it is set." });
const mayLoad = z.boolean().meta({ description: "It may load and unload the model at the ingress (`POST /v2/repository/models/NAME/load`), which starts and stops the deployment." });
const used = z.object({ per: z.enum(QUOTA_PERIODS), used: z.number(), requests: z.number(), resetsAt: z.iso.datetime() });
const keyRow = z
  .object({ id: z.string(), name: z.string(), createdAt: z.iso.datetime(), limits, quota, mayLoad, usage: z.array(used).meta({ description: "Of each quota, as ingresses told it; a few seconds behind." }) })
  .meta({ id: "KeyRow" });

export const keys = router({
  list: procedure
    .meta({ openapi: { method: "GET", path: "/deployments/{id}/keys", tags, summary: "Keys of a deployment, what each may ask and has used of its quotas, without their secrets" } })
    .input(byId)
    .output(z.array(keyRow))
    .query(async ({ ctx, input }) => {
      await findOrThrow(findDeployment(ctx.deps.db, input.id), "deployment", input.id);
      return toRows(ctx, await listCredentials(ctx.deps.db, { kind: "inference", deploymentId: input.id }));
    }),
  create: procedure
    .meta({ openapi: { method: "POST", path: "/deployments/{id}/keys", tags, summary: "A key for the deployment's ingress; shown once" } })
    .input(byId.extend({ name: z.string(), limits: limits.optional(), quota: quota.optional(), mayLoad: mayLoad.default(false) }))
    .output(z.object({ id: z.string(), key: z.string() }))
    .mutation(async ({ ctx, input }) => {
      const deployment = await findOrThrow(findDeployment(ctx.deps.db, input.id), "deployment", input.id);
      const { credential, token } = await createCredential(ctx.deps, { name: input.name, kind: "inference", deploymentId: deployment.id, limits: input.limits ?? null, quota: input.quota ?? null, mayLoad: input.mayLoad, actor: ctx.actor });
      return { id: credential.id, key: token };
    }),
  set: procedure
    .meta({ openapi: { method: "PATCH", path: "/deployments/{id}/keys/{keyId}", tags, summary: "Change what one key may ask, while its deployment serves; what is left out stays, null takes its own away" } })
    .input(byId.extend({ keyId: z.string().min(1).max(100), limits: limits.optional(), quota: quota.optional(), mayLoad: mayLoad.optional() }))
    .output(keyRow)
    .mutation(async ({ ctx, input: { id, keyId, ...change } }) => {
      const [row] = await toRows(ctx, [await setKey(ctx.deps, { deploymentId: id, keyId, change: change as KeyChange, actor: ctx.actor })]);
      return row!;
    }),
});

async function toRows({ deps }: Context, credentials: Credential[]): Promise<z.infer<typeof keyRow>[]> {
  const nowMs = deps.clock.now();
  const usage = await readKeyUsage(deps.db, credentials.filter((one) => one.quota !== null).map(({ id }) => id), `${periodOf("month", nowMs)}-01`);
  return credentials.map(({ id, name, createdAt, limits, quota, mayLoad }) => ({
    id, name, createdAt, limits, quota, mayLoad,
    usage: QUOTA_PERIODS.flatMap((per) => {
      const requests = requestsOf(quota, per);
      return requests === null ? [] : [{ per, used: usedIn(usage.get(id) ?? [], periodOf(per, nowMs)), requests, resetsAt: new Date(periodEndMs(per, nowMs)).toISOString() }];
    }),
  }));
}
