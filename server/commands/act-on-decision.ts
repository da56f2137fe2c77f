// Has a decision done: looks again, makes the plan, has it checked, and starts the migration. What happens next is the migration's.
import { AppError } from "../errors.ts";
import { adaptState } from "../live/adapt-state.ts";
import { samePlacement } from "../policy/adapt/alternatives.ts";
import { lookToday, payForMove, valuedNow } from "../policy/adapt/controller.ts";
import { placementsOf } from "../policy/adapt/replica-views.ts";
import { placementsAfter, revalidateTarget } from "../policy/adapt/step-deployment.ts";
import type { DeploymentView } from "../policy/snapshot.ts";
import { type StoredDecision, takeDecision, updateDecision } from "../store/adapt-decisions.ts";
import { findDeployment } from "../store/deployments.ts";
import type { Operation } from "../store/operations.ts";
import { checkPlanParity } from "./check-plan-parity.ts";
import { createPlan } from "./create-plan.ts";
import { deployPlan } from "./deploy-plan.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { inheritParity } from "./inherit-parity.ts";
import { joinRequests } from "./join-requests.ts";
import { limitAdmission } from "./limit-admission.ts";
import { ADAPT_ACTOR, observationOf, readWatched } from "./read-observation.ts";

/** Null = on a fresh look it was not right any more; the record says why. `acceptedBy`: who pressed; null = by itself. @throws AppError infeasible, conflict */
export async function actOnDecision(deps: Deps, view: DeploymentView, decision: StoredDecision, acceptedBy: string | null): Promise<Operation | null> {
  const state = adaptState(deps.db, view.deploymentId);
  const target = decision.alternatives[decision.chosen ?? -1];
  if (!target || !state.decision) throw new AppError("conflict", "This suggestion is from before the console started.", { fix: "Wait for the next one." });
  const from = decision.outcome;
  if (!(await deps.publisher.transact((tx) => takeDecision(tx, decision.id, from, "accepted", acceptedBy ?? "control")))) throw new AppError("conflict", "Somebody has decided about this already.", { fix: "Look at the list of decisions." });
  state.acted.set(decision.id, { atMs: deps.clock.now(), isTimed: false });
  try {
    return await act(deps, view, decision, target, acceptedBy);
  } catch (error) {
    state.acted.delete(decision.id);
    await deps.publisher.transact((tx) => updateDecision(tx, decision.id, { outcome: "failed", reason: `${decision.reason} It could not be done: ${error instanceof AppError ? error.message : "see the console's log."}` }));
    throw error;
  }
}

async function act(deps: Deps, view: DeploymentView, decision: StoredDecision, target: StoredDecision["alternatives"][number], acceptedBy: string | null): Promise<Operation | null> {
  const actor = acceptedBy === null ? ADAPT_ACTOR : `${ADAPT_ACTOR}, accepted by ${acceptedBy}`;
  if (target.kind === "shed" || target.kind === "admit") return limitAdmission(deps, { deploymentId: view.deploymentId, decisionId: decision.id, admitPerSecond: target.admitPerSecond ?? null, actor });
  const state = adaptState(deps.db, view.deploymentId);
  if (target.kind === "batch" && target.batch) {
    const operation = await joinRequests(deps, { deploymentId: view.deploymentId, decision, batch: target.batch, actor });
    const isMore = target.batch.maxSize > (view.settings.batchNow?.maxSize ?? 1);
    if (operation && isMore) state.batch = { decisionId: decision.id, maxSize: target.batch.maxSize, atMs: deps.clock.now() };
    return operation;
  }
  const seen = await readWatched(deps, state, view, deps.clock.now(), true);
  if (!seen) throw new AppError("conflict", "Nothing of it serves now.", { fix: "Wait until it does." });
  // What was learnt stays; drawing, nodes and memory are read anew.
  const fresh = observationOf(seen, deps.clock.now());
  const stale = revalidateTarget(valuedNow(state.controller, fresh), lookToday(state.controller, fresh).today, target);
  if (stale) {
    await deps.publisher.transact((tx) => updateDecision(tx, decision.id, { outcome: "expired", reason: `${decision.reason} Not done: ${stale}` }));
    return null;
  }
  const deployment = await findOrThrow(findDeployment(deps.db, view.deploymentId), "deployment", view.deploymentId);
  const [first = [], ...others] = placementsAfter(placementsOf(fresh), target);
  const { plan, created } = await createPlan(deps, {
    modelId: deployment.modelId, topologyId: deployment.topologyId, placement: first, deploymentId: deployment.id,
    // Those that stay are as they were, with what was proved of them; the request is that of all.
    replicas: others.map((placement) => seen.plan.replicas?.find((known) => samePlacement(known.placement, placement)) ?? { placement }), request: seen.request,
    origin: { by: "solver", solver: `adapt-${target.kind}/1`, objective: seen.request.objective, lowerBound: target.bound, gap: target.gap, proved: false },
  }, actor);
  const running = { plan: seen.plan, revision: view.revisions.find((one) => one.revisionId === view.currentRevisionId) };
  if (created && !(await inheritParity(deps, plan, running, actor))) await checkPlanParity(deps, plan.id, actor);
  const { operation, migrationId } = await deployPlan(deps, { deploymentId: deployment.id, planId: plan.id, expectedRevision: seen.revisionNumber, reason: decision.reason, actor, idempotencyKey: `adapt/${decision.id}` });
  await deps.publisher.transact((tx) => updateDecision(tx, decision.id, { outcome: "moving", planId: plan.id, migrationId, operationId: operation.id }));
  const judged = state.decision?.alternatives.find((one) => one.kind === target.kind && one.replica === target.replica && samePlacement(one.placement, target.placement));
  if (state.decision && judged) state.controller = payForMove(state.controller, { target: judged, costNow: state.decision.costNow });
  state.moves = [...state.moves, deps.clock.now()].slice(-200);
  return operation;
}
