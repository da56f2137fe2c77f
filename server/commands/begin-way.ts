// Owns what a move begins with, and how it goes on from there: everything at once, or the first of several steps, or a pause. Writes plans of steps, no revision.
import type { HandOverStep, MoveCourse } from "../policy/move-course.ts";
import type { RevisionStage } from "../policy/snapshot.ts";
import { findDeployment, findRevisions } from "../store/deployments.ts";
import { chooseWay, demandWay } from "./choose-way.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { prepareHandOver } from "./prepare-hand-over.ts";
import { resolveStages } from "./resolve-stages.ts";

export type BeginWayInput = {
  deploymentId: string;
  planId: string;
  /** Where requests enter from then on; absent = where they enter now. */
  ingressNodeIds?: string[] | undefined;
  /** Of an earlier revision of that plan, which comes back as it was; absent = the plan's, as it is drawn now. */
  stages?: RevisionStage[];
  actor: Actor;
};

/** @throws AppError not-found, conflict (parity), infeasible (with `details.refusals`, and the pause that it would take) */
export async function beginWay(deps: Deps, { deploymentId, planId, ingressNodeIds, stages: fixed, actor }: BeginWayInput): Promise<{ first: HandOverStep; course: MoveCourse | null }> {
  const deployment = await findOrThrow(findDeployment(deps.db, deploymentId), "deployment", deploymentId);
  const [current] = deployment.currentRevisionId === null ? [] : await findRevisions(deps.db, [deployment.currentRevisionId]);
  const loaded = current?.stages ?? [];
  const now = deployment.settings.ingressNodeIds;
  const then = ingressNodeIds ?? now;
  const way = loaded.length === 0 ? ({ way: "beside" } as const) : demandWay(await chooseWay(deps, { deploymentId, planId, ...(fixed ? { stages: fixed } : {}) }), fixed ? "toRevision" : "planId");
  if (way.way === "hand-over") {
    const [first, ...rest] = await prepareHandOver(deps, { deploymentId, planId, steps: way.steps, loaded, entries: { now, then }, ...(fixed ? { last: fixed } : {}), actor });
    return { first, course: { handOver: { step: 1, of: 1 + rest.length, rest } } };
  }
  const stages = fixed ?? (await resolveStages(deps, planId, deploymentId, loaded, way.way === "pause")).stages;
  return { first: { planId, stages, ingressNodeIds: then }, course: way.way === "pause" ? { pause: way.pause } : null };
}
