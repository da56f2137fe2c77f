import { z } from "zod";
import { acceptSuggestion } from "../commands/accept-suggestion.ts";
import { MAX_INGRESS_NODES } from "../commands/check-ingress.ts";
import { cancelMigration } from "../commands/cancel-migration.ts";
import { createDeployment } from "../commands/create-deployment.ts";
import { diffPlan } from "../commands/create-plan.ts";
import { deleteDeployment } from "../commands/delete-deployment.ts";
import { deployPlan } from "../commands/deploy-plan.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { previewMove } from "../commands/preview-move.ts";
import { previewDeployment } from "../commands/preview-deployment.ts";
import { promoteCanary } from "../commands/promote-canary.ts";
import { type RollBackInput, rollBack } from "../commands/roll-back.ts";
import { setAdaptation } from "../commands/set-adaptation.ts";
import { startDeployment } from "../commands/start-deployment.ts";
import { type ServingChange, servingOf, setServing } from "../commands/set-serving.ts";
import { stopDeployment } from "../commands/stop-deployment.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { listRequests, listRequestsOfTrace, REQUEST_ORDERS } from "../live/recent-requests.ts";
import { DEPLOYMENT_ACTIONS } from "../policy/preview-deployment.ts";
import { findDeployment } from "../store/deployments.ts";
import { findOperationByKey, type Operation } from "../store/operations.ts";
import { checkDecision } from "./check-decision.ts";
import type { Context } from "./context.ts";
import { MAX_METRIC_MINUTES } from "./nodes.ts";
import { readAdaptation } from "./read-adaptation.ts";
import { readDeploymentDetail, readDeploymentRow, readDeploymentRows } from "./read-deployment-rows.ts";
import { readDeploymentMetrics } from "./read-metrics.ts";
import { readReplayMoment, readReplayTrack } from "./read-replay.ts";
import { adaptation, adaptChange, adaptSettings, decisionCheck } from "./schemas/adapt-schemas.ts";
import { deploymentDetail, deploymentMetricRow, deploymentRow, deploymentSettings, moveWay, recentRequest, servingChange, servingSettings } from "./schemas/deployment-schemas.ts";
import { byId, done, idempotencyKey, operation } from "./schemas/operation-schemas.ts";
import { deploymentPreview } from "./schemas/preview-schemas.ts";
import { replayMoment, replayTrack } from "./schemas/replay-schemas.ts";
import { planDiff } from "./schemas/plan-schemas.ts";
import { procedure, router } from "./trpc.ts";

const tags = ["deployments"];
const expectedRevision = z.number().int().min(0).optional().meta({ description: "The revision the caller saw serving; another one by now is a conflict." });

export const deployments = router({
  list: procedure
    .meta({ openapi: { method: "GET", path: "/deployments", tags, summary: "List deployments" } })
    .input(z.object({}).default({}))
    .output(z.array(deploymentRow))
    .query(({ ctx }) => readDeploymentRows(ctx.deps)),
  get: procedure
    .meta({ openapi: { method: "GET", path: "/deployments/{id}", tags, summary: "One deployment with its plan and revisions" } })
    .input(byId)
    .output(deploymentDetail)
    .query(({ ctx, input }) => readDeploymentDetail(ctx.deps, input.id)),
  create: procedure
    .meta({ openapi: { method: "POST", path: "/deployments", tags, summary: "Deploy a plan under a name; await the operation" } })
    .input(z.object({ name: z.string(), planId: z.string(), ingressNodeIds: z.array(z.string()).min(1).max(MAX_INGRESS_NODES).optional(), settings: deploymentSettings.optional(), idempotencyKey }))
    .output(z.object({ deployment: deploymentRow, operation }))
    .mutation(async ({ ctx, input }) => {
      const known = await findKnown(ctx, input.idempotencyKey);
      if (known) return { deployment: await readDeploymentRow(ctx.deps, known.subjectId), operation: known };
      const { deploymentId, operation } = await createDeployment(ctx.deps, { ...input, actor: ctx.actor } as Parameters<typeof createDeployment>[1]);
      return { deployment: await readDeploymentRow(ctx.deps, deploymentId), operation };
    }),
  deployPlan: procedure
    .meta({ openapi: { method: "POST", path: "/deployments/{id}/plan", tags, summary: "Move a running deployment to another plan; with dryRun only the difference" } })
    .input(byId.extend({ planId: z.string(), expectedRevision, ingressNodeIds: z.array(z.string()).min(1).max(MAX_INGRESS_NODES).optional().meta({ description: "Where requests enter from then on; left out, where they enter now. Whoever calls another node is refused after cutover." }), reason: z.string().max(500).optional(), dryRun: z.boolean().default(false), idempotencyKey }))
    .output(z.object({ operation: operation.nullable(), diff: planDiff }))
    .mutation(async ({ ctx, input: { id, dryRun, expectedRevision, ...input } }) => {
      const diff = await diffPlan(ctx.deps, input.planId, id);
      if (dryRun) return { operation: null, diff };
      const known = await findKnown(ctx, input.idempotencyKey);
      if (known) return { operation: known, diff };
      const seen = expectedRevision ?? (await readDeploymentRow(ctx.deps, id)).currentRevision?.number ?? 0;
      const { operation } = await deployPlan(ctx.deps, { deploymentId: id, expectedRevision: seen, tried: true, actor: ctx.actor, ...input });
      return { operation, diff };
    }),
  previewMove: procedure
    .meta({ openapi: { method: "GET", path: "/deployments/{id}/move", tags, summary: "How a deployment would get to a plan: beside what runs, step by step, or with a pause, predicted; does nothing" } })
    .input(byId.extend({ planId: z.string() }))
    .output(moveWay)
    .query(({ ctx, input }) => previewMove(ctx.deps, { deploymentId: input.id, planId: input.planId })),
  preview: procedure
    .meta({ openapi: { method: "GET", path: "/deployments/{id}/preview", tags, summary: "What stopping, starting, rolling back or deleting a deployment would do; does nothing" } })
    .input(byId.extend({ action: z.enum(DEPLOYMENT_ACTIONS), toRevision: z.number().int().min(1).optional() }))
    .output(deploymentPreview)
    .query(({ ctx, input: { id, ...input } }) => previewDeployment(ctx.deps, { deploymentId: id, ...input } as Parameters<typeof previewDeployment>[1])),
  cancelMigration: procedure
    .meta({ openapi: { method: "POST", path: "/deployments/{id}/cancel", tags, summary: "Turn a move back; possible until cutover, and while a promoted revision is watched" } })
    .input(byId)
    .output(z.object({ operation: operation.nullable() }))
    .mutation(({ ctx, input }) => cancelMigration(ctx.deps, { deploymentId: input.id, actor: ctx.actor })),
  promote: procedure
    .meta({ openapi: { method: "POST", path: "/deployments/{id}/promote", tags, summary: "End the trial of a new revision: it takes over, and is watched; refused while nothing was seen of it that was to have requests or copies" } })
    .input(byId)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await promoteCanary(ctx.deps, { deploymentId: input.id, actor: ctx.actor });
      return { ok: true as const };
    }),
  rollBack: procedure
    .meta({ openapi: { method: "POST", path: "/deployments/{id}/roll-back", tags, summary: "Make an earlier revision serve again" } })
    .input(byId.extend({ toRevision: z.number().int().min(1).optional(), expectedRevision, idempotencyKey }))
    .output(z.object({ operation }))
    .mutation(({ ctx, input: { id, ...input } }) => once(ctx, input.idempotencyKey, () => rollBack(ctx.deps, { deploymentId: id, actor: ctx.actor, ...input } as RollBackInput))),
  stop: procedure
    .meta({ openapi: { method: "POST", path: "/deployments/{id}/stop", tags, summary: "Refuse new requests, finish those in flight, unload" } })
    .input(byId.extend({ idempotencyKey }))
    .output(z.object({ operation }))
    .mutation(({ ctx, input: { id, ...input } }) => once(ctx, input.idempotencyKey, () => stopDeployment(ctx.deps, { deploymentId: id, actor: ctx.actor, ...input }))),
  start: procedure
    .meta({ openapi: { method: "POST", path: "/deployments/{id}/start", tags, summary: "Start a stopped deployment with its last revision" } })
    .input(byId.extend({ idempotencyKey }))
    .output(z.object({ operation }))
    .mutation(({ ctx, input: { id, ...input } }) => once(ctx, input.idempotencyKey, () => startDeployment(ctx.deps, { deploymentId: id, actor: ctx.actor, ...input }))),
  delete: procedure
    .meta({ openapi: { method: "DELETE", path: "/deployments/{id}", tags, summary: "Delete a stopped deployment" } })
    .input(byId)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await deleteDeployment(ctx.deps, { deploymentId: input.id, actor: ctx.actor });
      return { ok: true as const };
    }),
  metrics: procedure
    .meta({ openapi: { method: "GET", path: "/deployments/{id}/metrics", tags, summary: "Requests, errors and latency, predicted beside measured" } })
    .input(byId.extend({ minutes: z.number().min(1).max(MAX_METRIC_MINUTES).default(15) }))
    .output(z.array(deploymentMetricRow))
    .query(({ ctx, input }) => readDeploymentMetrics(ctx.deps, input.id, input.minutes)),
  replay: procedure
    .meta({ openapi: { method: "GET", path: "/deployments/{id}/replay", tags, summary: "A span of its past: figures, and each change of what served, was decided, or went missing" } })
    .input(byId.extend({ from: z.iso.datetime(), to: z.iso.datetime() }))
    .output(replayTrack)
    .query(({ ctx, input }) => readReplayTrack(ctx.deps, input.id, { from: new Date(input.from), to: new Date(input.to) })),
  moment: procedure
    .meta({ openapi: { method: "GET", path: "/deployments/{id}/moment", tags, summary: "One moment of its past: the drawing, what served where, figures, and the last decision of adaptation" } })
    .input(byId.extend({ at: z.iso.datetime() }))
    .output(replayMoment)
    .query(({ ctx, input }) => readReplayMoment(ctx.deps, input.id, new Date(input.at))),
  requests: procedure
    .meta({ openapi: { method: "GET", path: "/deployments/{id}/requests", tags, summary: "Finished requests with their times over stages and hops: the newest, slowest or failed ones kept" } })
    .input(byId.extend({ order: z.enum(REQUEST_ORDERS).default("recent"), traceId: z.string().regex(/^[0-9a-f]{32}$/, "is no trace id: 32 hex digits").optional().meta({ description: "W3C trace id: those kept of this trace, whatever the order." }), limit: z.number().int().min(1).max(60).default(20) }))
    .output(z.array(recentRequest))
    .query(async ({ ctx, input }) => {
      await findOrThrow(findDeployment(ctx.deps.db, input.id), "deployment", input.id);
      const log = liveFleet(ctx.deps.db).requests.get(input.id);
      return input.traceId ? listRequestsOfTrace(log, input.traceId, input.limit) : listRequests(log, input.order, input.limit);
    }),
  serving: procedure
    .meta({ openapi: { method: "GET", path: "/deployments/{id}/serving", tags, summary: "How it takes requests: batching, what each key may ask, how many and how long" } })
    .input(byId)
    .output(servingSettings)
    .query(async ({ ctx, input }) => servingOf((await findOrThrow(findDeployment(ctx.deps.db, input.id), "deployment", input.id)).settings)),
  setServing: procedure
    .meta({ openapi: { method: "PATCH", path: "/deployments/{id}/serving", tags, summary: "Change how it takes requests, while it serves; what is left out stays, null switches off" } })
    .input(byId.extend(servingChange))
    .output(servingSettings)
    .mutation(({ ctx, input: { id, ...change } }) => setServing(ctx.deps, { deploymentId: id, change: change as ServingChange, actor: ctx.actor })),
  adaptation: procedure
    .meta({ openapi: { method: "GET", path: "/deployments/{id}/adaptation", tags, summary: "What adaptation may do, what it sees now, and what it decided, newest first" } })
    .input(byId.extend({ limit: z.number().int().min(1).max(200).default(50) }))
    .output(adaptation)
    .query(({ ctx, input }) => readAdaptation(ctx.deps, input.id, input.limit)),
  setAdaptation: procedure
    .meta({ openapi: { method: "PATCH", path: "/deployments/{id}/adaptation", tags, summary: "Say what adaptation may do; what is left out stays" } })
    .input(byId.extend(adaptChange))
    .output(adaptSettings)
    .mutation(({ ctx, input: { id, ...change } }) => setAdaptation(ctx.deps, { deploymentId: id, change: Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)), actor: ctx.actor })),
  acceptSuggestion: procedure
    .meta({ openapi: { method: "POST", path: "/deployments/{id}/adaptation/accept", tags, summary: "Have a suggested move made; it is looked at again first" } })
    .input(byId.extend({ decisionId: z.string() }))
    .output(z.object({ operation }))
    .mutation(async ({ ctx, input }) => ({ operation: await acceptSuggestion(ctx.deps, { deploymentId: input.id, decisionId: input.decisionId, actor: ctx.actor }) })),
  checkDecision: procedure
    .meta({ openapi: { method: "GET", path: "/deployments/{id}/adaptation/decisions/{decisionId}/check", tags, summary: "What a decision was made of, and whether the same is decided from it again" } })
    .input(byId.extend({ decisionId: z.string() }))
    .output(decisionCheck)
    .query(({ ctx, input }) => checkDecision(ctx.deps, { deploymentId: input.id, decisionId: input.decisionId })),
});

/** The same key again does nothing and answers as the first time. */
async function once(ctx: Context, key: string | undefined, act: () => Promise<{ operation: Operation }>): Promise<{ operation: Operation }> {
  const known = await findKnown(ctx, key);
  return known ? { operation: known } : act();
}

/** What the same key began before: a repeated request answers as the first one did. */
function findKnown(ctx: Context, idempotencyKey: string | undefined): Promise<Operation | null> {
  return idempotencyKey === undefined ? Promise.resolve(null) : findOperationByKey(ctx.deps.db, idempotencyKey);
}
