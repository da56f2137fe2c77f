// Owns what a deployment runs on a topology's nodes now, as placements of its model speak of it, each of its replicas: what moving counts from, and what stays loaded meanwhile.
import type { Placement } from "../planner/plan.ts";
import { allPlacements, findRunningPlan } from "./create-plan.ts";
import type { Deps } from "./deps.ts";

/** Null while nothing of this model runs there: no deployment, none of its revisions yet, or one on another drawing, whose nodes have other names. @throws AppError not-found */
export async function runningReplicas(deps: Deps, input: { deploymentId?: string; modelId: string; topologyId: string }): Promise<Placement[] | null> {
  const running = input.deploymentId === undefined ? null : await findRunningPlan(deps, input.deploymentId);
  return running?.topologyId === input.topologyId && running.modelId === input.modelId ? allPlacements(running.plan) : null;
}
