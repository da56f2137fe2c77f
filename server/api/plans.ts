import { z } from "zod";
import { checkPlanParity } from "../commands/check-plan-parity.ts";
import { createPlan, diffPlan, previewPlan, solvePlan } from "../commands/create-plan.ts";
import type { Deps } from "../commands/deps.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { findPlan, listPlans, listPlanUses, type StoredPlan } from "../store/plans.ts";
import { byId, idempotencyKey, operation } from "./schemas/operation-schemas.ts";
import { estimate, infeasible, objective, origin, placement, planDiff, planRow, refusal } from "./schemas/plan-schemas.ts";
import { procedure, router } from "./trpc.ts";

const pair = { modelId: z.string(), topologyId: z.string() };

export const plans = router({
  preview: procedure
    .meta({ openapi: { method: "POST", path: "/plans/preview", tags: ["plans"], summary: "What a placement would do, and why it would be refused; keeps nothing" } })
    .input(z.object({ ...pair, placement, deploymentId: z.string().optional() }))
    .output(z.object({ estimate: estimate.nullable(), refusals: z.array(refusal), diff: planDiff.nullable() }))
    .mutation(({ ctx, input }) => previewPlan(ctx.deps, input)),
  solve: procedure
    .meta({ openapi: { method: "POST", path: "/plans/solve", tags: ["plans"], summary: "A first placement, or why there is none" } })
    .input(z.object({ ...pair, objective: objective.default("latency"), minStages: z.number().int().min(1).max(64).optional(), forDeploy: z.boolean().optional().meta({ description: "Only nodes that could run it now." }), deploymentId: z.string().optional() }))
    .output(z.union([z.object({ placement, estimate, origin, explanation: z.array(z.string()) }), infeasible]))
    .mutation(({ ctx, input }) => solvePlan(ctx.deps, input)),
  create: procedure
    .meta({ openapi: { method: "POST", path: "/plans", tags: ["plans"], summary: "Keep a placement as a plan; its parity check starts by itself" } })
    .input(z.object({ ...pair, placement, origin: origin.optional() }))
    .output(planRow)
    .mutation(async ({ ctx, input }) => {
      const { plan, created } = await createPlan(ctx.deps, input, ctx.actor);
      if (created) await checkPlanParity(ctx.deps, plan.id, ctx.actor);
      return (await toRows(ctx.deps, [plan]))[0] as PlanRow;
    }),
  list: procedure
    .meta({ openapi: { method: "GET", path: "/plans", tags: ["plans"], summary: "List plans, newest first" } })
    .input(z.object({ modelId: z.string().optional(), topologyId: z.string().optional(), limit: z.number().int().min(1).max(1000).default(200) }).default({ limit: 200 }))
    .output(z.array(planRow))
    .query(async ({ ctx, input }) => toRows(ctx.deps, await listPlans(ctx.deps.db, input))),
  get: procedure
    .meta({ openapi: { method: "GET", path: "/plans/{id}", tags: ["plans"], summary: "One plan with its parity and where it runs" } })
    .input(byId)
    .output(planRow)
    .query(({ ctx, input }) => readPlanRow(ctx.deps, input.id)),
  diff: procedure
    .meta({ openapi: { method: "GET", path: "/plans/{id}/diff", tags: ["plans"], summary: "What changes from another plan, or from what a deployment runs, to this plan" } })
    .input(byId.extend({ against: z.string().meta({ description: "A plan's or a deployment's id." }) }))
    .output(planDiff)
    .query(({ ctx, input }) => diffPlan(ctx.deps, input.id, input.against)),
  checkParity: procedure
    .meta({ openapi: { method: "POST", path: "/plans/{id}/check-parity", tags: ["plans"], summary: "Compare the plan's segments with the whole model again" } })
    .input(byId.extend({ idempotencyKey }))
    .output(z.object({ operation }))
    .mutation(async ({ ctx, input }) => ({ operation: await checkPlanParity(ctx.deps, input.id, ctx.actor, input.idempotencyKey) })),
});

export type PlanRow = z.infer<typeof planRow>;

/** @throws AppError not-found */
export async function readPlanRow(deps: Deps, planId: string): Promise<PlanRow> {
  return (await toRows(deps, [await findOrThrow(findPlan(deps.db, planId), "plan", planId)]))[0] as PlanRow;
}

async function toRows(deps: Deps, stored: StoredPlan[]): Promise<PlanRow[]> {
  const uses = await listPlanUses(deps.db, stored.map((plan) => plan.id));
  return stored.map(({ parityDigest: _parityDigest, ...plan }) => ({
    ...plan,
    deployedIn: uses.filter((use) => use.planId === plan.id).map(({ deploymentId, name, revision, current }) => ({ deploymentId, name, revision, current })),
  }));
}
