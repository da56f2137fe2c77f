import { z } from "zod";
import { LOG_LEVELS, MAX_LOG_LINES_PER_PAGE } from "../../agents/protocol/log-page.ts";
import { approveNode } from "../commands/approve-node.ts";
import { cordonNode } from "../commands/cordon-node.ts";
import { createJoinToken, DEFAULT_JOIN_TOKEN_SECONDS, MAX_JOIN_TOKEN_SECONDS, revokeJoinToken } from "../commands/create-join-token.ts";
import { drainNode } from "../commands/drain-node.ts";
import { readNodeLogs } from "../commands/read-node-logs.ts";
import { listLiveFleet } from "../commands/list-live-fleet.ts";
import { previewDrain } from "../commands/preview-drain.ts";
import { previewNode } from "../commands/preview-node.ts";
import { removeNode } from "../commands/remove-node.ts";
import { renameNode } from "../commands/rename-node.ts";
import { NODE_ACTIONS } from "../policy/preview-node.ts";
import { listJoinTokens } from "../store/join-tokens.ts";
import { makeJoinToken } from "../trust/join-tokens.ts";
import type { Context } from "./context.ts";
import { joinCommands } from "./join-commands.ts";
import { readCapacity } from "./read-adaptation.ts";
import { readLinkMetrics, readNodeMetrics } from "./read-metrics.ts";
import { readNodeRow, readNodeRows } from "./read-node-rows.ts";
import { readPreflight } from "./read-preflight.ts";
import { capacity } from "./schemas/adapt-schemas.ts";
import { actionPreview, drainPreview } from "./schemas/preview-schemas.ts";
import { byId, done, idempotencyKey, operation } from "./schemas/operation-schemas.ts";
import { joinTokenRow, linkMetricRow, logPage, nodeMetricRow, nodeRow, nodeRowShape, preflightCheck } from "./schemas/node-schemas.ts";
import { liveLink } from "./schemas/topology-schemas.ts";
import { procedure, router } from "./trpc.ts";

/** Charts reach back two days. */
export const MAX_METRIC_MINUTES = 48 * 60;

export const nodes = router({
  list: procedure
    .meta({ openapi: { method: "GET", path: "/nodes", tags: ["nodes"], summary: "List enrolled nodes" } })
    .input(z.object({}).default({}))
    .output(z.array(nodeRow))
    .query(({ ctx }) => readNodeRows(ctx.deps)),
  get: procedure
    .meta({ openapi: { method: "GET", path: "/nodes/{id}", tags: ["nodes"], summary: "One node with its measured links and whether it is fit to serve" } })
    .input(byId)
    .output(z.object({ ...nodeRowShape, links: z.array(liveLink), checks: z.array(preflightCheck) }).meta({ id: "Node" }))
    .query(async ({ ctx, input }) => {
      const [row, fleet] = await Promise.all([readNodeRow(ctx.deps, input.id), listLiveFleet(ctx.deps)]);
      return { ...row, links: fleet.links.filter((link) => link.fromNodeId === input.id || link.toNodeId === input.id), checks: await readPreflight(ctx.deps, row, ctx.deps.info.version) };
    }),
  capacity: procedure
    .meta({ openapi: { method: "GET", path: "/capacity", tags: ["nodes"], summary: "What nodes and links can do right now, from their reports: mean, spread and age" } })
    .input(z.object({}).default({}))
    .output(capacity)
    .query(({ ctx }) => readCapacity(ctx.deps)),
  createJoinToken: procedure
    .meta({ openapi: { method: "POST", path: "/join-tokens", tags: ["nodes"], summary: "A single-use token and the line that installs an agent with it" } })
    .input(z.object({ nodeName: z.string().max(100).optional(), expiresInSeconds: z.number().int().min(1).max(MAX_JOIN_TOKEN_SECONDS).default(DEFAULT_JOIN_TOKEN_SECONDS), needsApproval: z.boolean().default(false).meta({ description: "Who joins with it gets no work before it is approved." }) }).default({ expiresInSeconds: DEFAULT_JOIN_TOKEN_SECONDS, needsApproval: false }))
    .output(z.object({ id: z.string(), token: z.string(), expiresAt: z.iso.datetime(), command: z.string(), agentCommand: z.string() }))
    .mutation(async ({ ctx, input }) => {
      const { token, hash } = makeJoinToken(ctx.deps.authority.fingerprint);
      const { id, expiresAt } = await createJoinToken(ctx.deps, { hash, expiresInSeconds: input.expiresInSeconds, needsApproval: input.needsApproval, actor: ctx.actor, ...(input.nodeName === undefined ? {} : { nodeName: input.nodeName }) });
      return { id, token, expiresAt: expiresAt.toISOString(), ...joinCommands(ctx.deps.info, token, input.nodeName) };
    }),
  listJoinTokens: procedure
    .meta({ openapi: { method: "GET", path: "/join-tokens", tags: ["nodes"], summary: "List join tokens, newest first, without their secrets" } })
    .input(z.object({}).default({}))
    .output(z.array(joinTokenRow))
    .query(async ({ ctx }) =>
      (await listJoinTokens(ctx.deps.db)).map(({ id, nodeName, createdAt, expiresAt, usedAt, usedByNodeId, needsApproval }) => ({ id, nodeName, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString(), usedAt: usedAt?.toISOString() ?? null, usedByNodeId, needsApproval })),
    ),
  revokeJoinToken: procedure
    .meta({ openapi: { method: "DELETE", path: "/join-tokens/{id}", tags: ["nodes"], summary: "Revoke an unused join token" } })
    .input(byId)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await revokeJoinToken(ctx.deps, { id: input.id, actor: ctx.actor });
      return { ok: true as const };
    }),
  rename: procedure
    .meta({ openapi: { method: "PATCH", path: "/nodes/{id}", tags: ["nodes"], summary: "Rename a node" } })
    .input(byId.extend({ name: z.string() }))
    .output(nodeRow)
    .mutation(async ({ ctx, input }) => {
      await renameNode(ctx.deps, { nodeId: input.id, name: input.name, actor: ctx.actor });
      return readNodeRow(ctx.deps, input.id);
    }),
  approve: procedure
    .meta({ openapi: { method: "POST", path: "/nodes/{id}/approve", tags: ["nodes"], summary: "Let a node that waits for approval take work" } })
    .input(byId)
    .output(nodeRow)
    .mutation(async ({ ctx, input }) => {
      await approveNode(ctx.deps, { nodeId: input.id, actor: ctx.actor });
      return readNodeRow(ctx.deps, input.id);
    }),
  cordon: procedure
    .meta({ openapi: { method: "POST", path: "/nodes/{id}/cordon", tags: ["nodes"], summary: "Take no new stages" } })
    .input(byId)
    .output(nodeRow)
    .mutation(({ ctx, input }) => cordon(ctx, input.id, true)),
  uncordon: procedure
    .meta({ openapi: { method: "POST", path: "/nodes/{id}/uncordon", tags: ["nodes"], summary: "Take new stages again" } })
    .input(byId)
    .output(nodeRow)
    .mutation(({ ctx, input }) => cordon(ctx, input.id, false)),
  preview: procedure
    .meta({ openapi: { method: "GET", path: "/nodes/{id}/preview", tags: ["nodes"], summary: "What cordoning, uncordoning or removing a node would do; does nothing" } })
    .input(byId.extend({ action: z.enum(NODE_ACTIONS) }))
    .output(actionPreview)
    .query(({ ctx, input }) => previewNode(ctx.deps, { nodeId: input.id, action: input.action })),
  previewDrain: procedure
    .meta({ openapi: { method: "GET", path: "/nodes/{id}/drain", tags: ["nodes"], summary: "Where every deployment on a node would go if it were drained, or why it can't; does nothing" } })
    .input(byId)
    .output(drainPreview)
    .query(({ ctx, input }) => previewDrain(ctx.deps, input.id)),
  drain: procedure
    .meta({ openapi: { method: "POST", path: "/nodes/{id}/drain", tags: ["nodes"], summary: "Cordon a node and move every deployment off it; await or cancel the operation" } })
    .input(byId.extend({ idempotencyKey }))
    .output(z.object({ operation }))
    .mutation(async ({ ctx, input: { id, ...input } }) => ({ operation: await drainNode(ctx.deps, { nodeId: id, actor: ctx.actor, ...input }) })),
  remove: procedure
    .meta({ openapi: { method: "DELETE", path: "/nodes/{id}", tags: ["nodes"], summary: "Take a node out of the fleet; refused while it holds stages" } })
    .input(byId)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await removeNode(ctx.deps, { nodeId: input.id, actor: ctx.actor });
      return { ok: true as const };
    }),
  metrics: procedure
    .meta({ openapi: { method: "GET", path: "/nodes/{id}/metrics", tags: ["nodes"], summary: "CPU, memory and stage times" } })
    .input(byId.extend({ minutes: z.number().min(1).max(MAX_METRIC_MINUTES).default(15) }))
    .output(z.array(nodeMetricRow))
    .query(({ ctx, input }) => readNodeMetrics(ctx.deps, input.id, input.minutes)),
  linkMetrics: procedure
    .meta({ openapi: { method: "GET", path: "/nodes/{id}/links/{toNodeId}/metrics", tags: ["nodes"], summary: "Round trip, bandwidth and traffic of the link from one node to another" } })
    .input(byId.extend({ toNodeId: z.string().min(1).max(100), minutes: z.number().min(1).max(MAX_METRIC_MINUTES).default(15) }))
    .output(z.array(linkMetricRow))
    .query(({ ctx, input }) => readLinkMetrics(ctx.deps, { fromNodeId: input.id, toNodeId: input.toNodeId, minutes: input.minutes })),
  logs: procedure
    .meta({ openapi: { method: "GET", path: "/nodes/{id}/logs", tags: ["nodes"], summary: "Lines of the agent's own log, asked of it now: the newest ones, or those after a line" } })
    .input(byId.extend({ afterSeq: z.number().int().min(0).optional(), limit: z.number().int().min(1).max(MAX_LOG_LINES_PER_PAGE).default(200), level: z.enum(LOG_LEVELS).default("debug").meta({ description: "This level and worse ones." }) }))
    .output(logPage)
    .query(({ ctx, input: { id, afterSeq, limit, level } }) => readNodeLogs(ctx.deps, { nodeId: id, query: { afterSeq: afterSeq ?? null, limit, level } })),
});

async function cordon(ctx: Context, nodeId: string, cordoned: boolean) {
  await cordonNode(ctx.deps, { nodeId, cordoned, actor: ctx.actor });
  return readNodeRow(ctx.deps, nodeId);
}
