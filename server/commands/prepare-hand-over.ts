// Makes the plans of a hand-over's steps, with what is proved of them, and fixes where their stages run, each checked as a move from the one before.
import { rulesOf } from "../planner/plan-request.ts";
import type { Placement } from "../planner/plan.ts";
import { samePlacement } from "../policy/adapt/alternatives.ts";
import type { HandOverStep } from "../policy/move-course.ts";
import type { RevisionStage } from "../policy/snapshot.ts";
import { findPlan, type StoredPlan } from "../store/plans.ts";
import { checkPlanParity } from "./check-plan-parity.ts";
import { allPlacements, createPlan, findRunningPlan } from "./create-plan.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { inheritParity } from "./inherit-parity.ts";
import { resolveStages } from "./resolve-stages.ts";

export type HandOverInput = { deploymentId: string; planId: string; steps: Placement[][]; loaded: readonly RevisionStage[]; /** Where requests enter until the last step, and from then on. */ entries: { now: string[]; then: string[] }; /** Stages of the last step where they are fixed already; absent = the plan's, as it is drawn now. */ last?: RevisionStage[]; actor: Actor };

/** The last one is the plan that was asked for. @throws AppError infeasible, conflict */
export async function prepareHandOver(deps: Deps, { deploymentId, planId, steps, loaded, entries, last, actor }: HandOverInput): Promise<[HandOverStep, ...HandOverStep[]]> {
  const target = await findOrThrow(findPlan(deps.db, planId), "plan", planId);
  const proved = [await findRunningPlan(deps, deploymentId), target].filter((plan) => plan !== null);
  const made: HandOverStep[] = [];
  let before = loaded;
  for (const placements of steps) {
    const isLast = placements === steps.at(-1);
    const plan = isLast ? target : await planBetween(deps, { deploymentId, target, placements, proved, actor });
    const stages = (isLast && last) || (await resolveStages(deps, plan.id, deploymentId, before)).stages;
    made.push({ planId: plan.id, stages, ingressNodeIds: isLast ? entries.then : entries.now });
    before = stages;
  }
  return made as [HandOverStep, ...HandOverStep[]];
}

type Between = { deploymentId: string; target: StoredPlan; placements: Placement[]; proved: StoredPlan[]; actor: Actor };
/** It serves for a while only: what was asked of the target as to speed or places is not asked of it, what must not be seen is. */
async function planBetween(deps: Deps, { deploymentId, target, placements, proved, actor }: Between): Promise<StoredPlan> {
  const { sensitiveInputs } = rulesOf(target.plan.request ?? {});
  const [placement = [], ...others] = placements;
  const objective = target.plan.request?.objective ?? "latency";
  const known = allPlacements(target.plan);
  const replicas = others.map((one, index) => (samePlacement(one, known[index + 1] ?? []) && target.plan.replicas?.[index]) || { placement: one });
  const { plan, created } = await createPlan(deps, {
    modelId: target.modelId, topologyId: target.topologyId, deploymentId, placement, replicas,
    ...(sensitiveInputs ? { request: { objective, sensitiveInputs } } : {}), origin: { by: "solver", solver: "hand-over/1", objective, lowerBound: null, gap: null, proved: false },
  }, actor);
  if (!created) return plan;
  for (const one of proved) {
    const artifact = one.parityDigest === null ? null : await deps.db.artifact.findUnique({ where: { digest: one.parityDigest } });
    if (await inheritParity(deps, plan, { plan: one.plan, revision: { parity: one.parity, parityFile: artifact && { digest: artifact.digest, bytes: Number(artifact.bytes) } } }, actor)) return plan;
  }
  await checkPlanParity(deps, plan.id, actor);
  return plan;
}
