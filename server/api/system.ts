import { z } from "zod";
import { createCredential, revokeCredential } from "../commands/create-credential.ts";
import type { DoorDeps } from "../deps.ts";
import { LEASE_MS } from "../policy/leadership.ts";
import { listConsoles, runOn } from "../store/consoles.ts";
import { listCredentials } from "../store/credentials.ts";
import { byId, done } from "./schemas/operation-schemas.ts";
import { procedure, router } from "./trpc.ts";

const systemInfo = z
  .object({
    version: z.string(),
    startedAt: z.iso.datetime(),
    database: z.enum(["embedded", "external"]),
    dataFolder: z.string(),
    agentEndpoint: z.object({ host: z.string(), port: z.number() }),
    demo: z.boolean(),
    consoleUrl: z.string(),
    secure: z.boolean(),
    keyPin: z.string().nullable().meta({ description: "Of the key of its HTTPS listener, as curl's --pinnedpubkey takes it." }),
    consoles: z
      .array(z.object({ id: z.string(), url: z.string(), hostname: z.string(), leads: z.boolean(), isThis: z.boolean() }))
      .meta({ description: "Those that share the database and live; empty where it is this console's alone. One of them leads the control loops." }),
    you: z.string().meta({ description: "What you do is recorded under this name." }),
  })
  .meta({ id: "SystemInfo" });

export const system = router({
  info: procedure
    .meta({ openapi: { method: "GET", path: "/system", tags: ["system"], summary: "Which console this is" } })
    .input(z.object({}).default({}))
    .output(systemInfo)
    .query(async ({ ctx }) => {
      const { version, startedAt, database, dataFolder, demo, consoleUrl, secure, keyPin } = ctx.deps.info;
      const { host, port } = ctx.deps.agentEndpoint();
      return { version, startedAt, database, dataFolder, demo, consoleUrl, secure, keyPin, consoles: await listLiving(ctx.deps), you: ctx.actor, agentEndpoint: { host, port } };
    }),
});

async function listLiving({ db, peers }: DoorDeps): Promise<z.infer<typeof systemInfo>["consoles"]> {
  if (!peers) return [];
  const living = (await listConsoles(runOn(db))).filter((one) => one.silentMs < LEASE_MS);
  return living.map(({ id, url, hostname }) => ({ id, url, hostname, leads: peers.leaderId() === id, isThis: id === peers.consoleId })).sort((a, b) => a.url.localeCompare(b.url));
}

const credentialRow = z
  .object({ id: z.string(), name: z.string(), kind: z.enum(["admin", "inference"]), deploymentId: z.string().nullable(), createdAt: z.iso.datetime() })
  .meta({ id: "CredentialRow" });

export const credentials = router({
  list: procedure
    .meta({ openapi: { method: "GET", path: "/credentials", tags: ["credentials"], summary: "List credentials, without their secrets" } })
    .input(z.object({}).default({}))
    .output(z.array(credentialRow))
    .query(async ({ ctx }) => (await listCredentials(ctx.deps.db)).map(({ id, name, kind, deploymentId, createdAt }) => ({ id, name, kind, deploymentId, createdAt }))),
  create: procedure
    .meta({ openapi: { method: "POST", path: "/credentials", tags: ["credentials"], summary: "A token for a person or a script; shown once" } })
    .input(z.object({ name: z.string() }))
    .output(z.object({ id: z.string(), token: z.string() }))
    .mutation(async ({ ctx, input }) => {
      const { credential, token } = await createCredential(ctx.deps, { name: input.name, kind: "admin", deploymentId: null, actor: ctx.actor });
      return { id: credential.id, token };
    }),
  revoke: procedure
    .meta({ openapi: { method: "DELETE", path: "/credentials/{id}", tags: ["credentials"], summary: "Revoke a credential" } })
    .input(byId)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await revokeCredential(ctx.deps, input.id, { keepOneAdmin: ctx.deps.info.secure, actor: ctx.actor });
      return { ok: true as const };
    }),
});
