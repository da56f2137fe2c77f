import { z } from "zod";
import { checkPlanParity } from "../commands/check-plan-parity.ts";
import { comparePlans, MAX_COMPARED } from "../commands/compare-plans.ts";
import { createPlan, diffPlan, previewPlan } from "../commands/create-plan.ts";
import type { Deps } from "../commands/deps.ts";
import { explainPlan } from "../commands/explain-plan.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { listSolvers } from "../commands/list-solvers.ts";
import { paretoPlans, startPareto } from "../commands/pareto-plans.ts";
import { MAX_PROOF_MS, provePlan } from "../commands/prove-plan.ts";
import { MAX_BUDGET_MS, searchPlan, startPlanning } from "../commands/search-plan.ts";
import { whatIfPlan } from "../commands/what-if-plan.ts";
import { MAX_REPLICAS } from "../planner/plan-request.ts";
import { findPlan, listPlans, listPlanUses, type StoredPlan } from "../store/plans.ts";
import { byId, idempotencyKey, operation } from "./schemas/operation-schemas.ts";
import { comparedRow, explained, foundPlan, further, infeasible, origin, paretoPoint, placement, planDiff, planPreview, planRequest, planRow, proved, requestShape, whatIf } from "./schemas/plan-schemas.ts";
import { procedure, router } from "./trpc.ts";

const pair = { modelId: z.string(), topologyId: z.string() };
const search = {
  ...pair,
  ...requestShape,
  deploymentId: z.string().optional().meta({ description: "Whose running plan it starts from; nodes are counted beside all other deployments." }),
  seed: z.number().int().min(0).max(2 ** 31 - 1).optional().meta({ description: "The same seed, request and enough time: the same plan." }),
  budgetMs: z.number().int().min(10).max(MAX_BUDGET_MS).optional().meta({ description: "At its end the best so far is the answer." }),
};
const givenReplicas = z.array(z.object({ placement, proof: z.object({ lowerBound: z.number().nullable(), gap: z.number().nullable(), proved: z.boolean() }).optional() })).max(MAX_REPLICAS - 1);
const solver = z.string().max(100).optional().meta({ description: "By name, of /api/v1/solvers; absent = Cutplane's own." });

export const plans = router({
  preview: procedure
    .meta({ openapi: { method: "POST", path: "/plans/preview", tags: ["plans"], summary: "What a placement would do, and why it would be refused; keeps nothing" } })
    .input(z.object({ ...pair, placement, replicas: givenReplicas.optional().meta({ description: "Further replicas; left out = those that run." }), request: planRequest.optional(), deploymentId: z.string().optional() }))
    .output(planPreview)
    .mutation(({ ctx, input }) => previewPlan(ctx.deps, input)),
  solve: procedure
    .meta({ openapi: { method: "POST", path: "/plans/solve", tags: ["plans"], summary: "The best placement for a request with its proof, or why there is none; waits for it" } })
    .input(z.object({ ...search, solver, draft: placement.optional() }))
    .output(z.union([foundPlan, infeasible]))
    .mutation(({ ctx, input }) => searchPlan(ctx.deps, input, ctx.signal ? { signal: ctx.signal } : {})),
  start: procedure
    .meta({ openapi: { method: "POST", path: "/plans/start", tags: ["plans"], summary: "Plan as an operation: its progress tells the best so far and the proven bound, a cancel ends it with the best so far" } })
    .input(z.object({ ...search, solver, draft: placement.optional(), idempotencyKey }))
    .output(z.object({ operation }))
    .mutation(async ({ ctx, input: { idempotencyKey: key, ...input } }) => ({ operation: await startPlanning(ctx.deps, input, ctx.actor, key) })),
  compare: procedure
    .meta({ openapi: { method: "POST", path: "/plans/compare", tags: ["plans"], summary: "What solvers and given placements make of one request, side by side" } })
    .input(z.object({ ...search, solvers: z.array(z.string().max(100)).max(MAX_COMPARED).default([]), placements: z.array(z.object({ key: z.string().max(100), label: z.string().max(200), placement, further: further.meta({ description: "Further replicas; left out where the request asks for some = they are planned." }) })).max(MAX_COMPARED).default([]) }))
    .output(z.array(comparedRow))
    .mutation(({ ctx, input }) => comparePlans(ctx.deps, input)),
  prove: procedure
    .meta({ openapi: { method: "POST", path: "/plans/prove", tags: ["plans"], summary: "A second opinion by a linear programme (HiGHS) written apart from the solvers; waits for it" } })
    .input(z.object({ ...pair, ...requestShape, deploymentId: z.string().optional(), placement: placement.optional(), further, timeLimitMs: z.number().int().min(100).max(MAX_PROOF_MS).optional() }))
    .output(proved)
    .mutation(({ ctx, input }) => provePlan(ctx.deps, input, ctx.signal)),
  explain: procedure
    .meta({ openapi: { method: "POST", path: "/plans/explain", tags: ["plans"], summary: "Why a placement is as it is: what binds, the runner-up, one node alone, what would help most; each found by solving again" } })
    .input(z.object({ ...pair, ...requestShape, deploymentId: z.string().optional(), placement, further }))
    .output(explained)
    .mutation(({ ctx, input }) => explainPlan(ctx.deps, input, ctx.signal)),
  pareto: procedure
    .meta({ openapi: { method: "POST", path: "/plans/pareto", tags: ["plans"], summary: "The plans to choose from: none is better than another in latency, throughput and known costs; lowest latency first, each with the proof of its own search" } })
    .input(z.object(search))
    .output(z.array(paretoPoint))
    .mutation(({ ctx, input }) => paretoPlans(ctx.deps, input, ctx.signal ? { signal: ctx.signal } : {})),
  startPareto: procedure
    .meta({ openapi: { method: "POST", path: "/plans/pareto/start", tags: ["plans"], summary: "The plans to choose from as an operation: its progress tells the front as it grows, a cancel ends it with what was found" } })
    .input(z.object({ ...search, idempotencyKey }))
    .output(z.object({ operation }))
    .mutation(async ({ ctx, input: { idempotencyKey: key, ...input } }) => ({ operation: await startPareto(ctx.deps, input, ctx.actor, key) })),
  whatIf: procedure
    .meta({ openapi: { method: "POST", path: "/plans/what-if", tags: ["plans"], summary: "A placement's figures and cost in a request's objective, and the difference to another placement" } })
    .input(z.object({ ...pair, ...requestShape, deploymentId: z.string().optional(), placement, further, against: placement.optional(), againstFurther: further }))
    .output(whatIf)
    .mutation(({ ctx, input }) => whatIfPlan(ctx.deps, input)),
  solvers: procedure
    .meta({ openapi: { method: "GET", path: "/solvers", tags: ["plans"], summary: "Everything that plans: Cutplane's own solvers and the rules of others" } })
    .input(z.object({}).default({}))
    .output(z.array(z.object({ name: z.string(), label: z.string(), source: z.string().nullable().meta({ description: "Paper or code that the rule is from; null = Cutplane's own." }) })))
    .query(listSolvers),
  create: procedure
    .meta({ openapi: { method: "POST", path: "/plans", tags: ["plans"], summary: "Keep a placement as a plan; its parity check starts by itself" } })
    .input(z.object({ ...pair, placement, replicas: givenReplicas.optional().meta({ description: "Further whole pipelines beside it; left out where the request asks for some = they are planned." }), origin: origin.optional(), request: planRequest.optional().meta({ description: "What was asked of it; the placement must keep to its rules." }), deploymentId: z.string().optional().meta({ description: "Which deployment it is for: memory is counted beside all others." }) }))
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
