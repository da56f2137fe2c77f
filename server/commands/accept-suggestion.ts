// Has a suggested move made, because a person or a script says so.
import { AppError } from "../errors.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { findDecision } from "../store/adapt-decisions.ts";
import type { Operation } from "../store/operations.ts";
import { actOnDecision } from "./act-on-decision.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";

/** @throws AppError not-found, conflict (expired, decided already, moving, another console leads), infeasible */
export async function acceptSuggestion(deps: Deps, input: { deploymentId: string; decisionId: string; actor: Actor }): Promise<Operation> {
  const { peers } = deps;
  const leaderId = peers?.leaderId() ?? null;
  // What the loop has learnt, and looks at again before it acts, is in the memory of the console that leads.
  if (peers && leaderId !== null && leaderId !== peers.consoleId) {
    const leader = peers.others().find((one) => one.id === leaderId);
    throw new AppError("conflict", "Suggestions are accepted at the console that leads; this one follows.", { fix: leader ? `Accept it at ${leader.url}.` : "Try again in a moment." });
  }
  const decision = await findOrThrow(findDecision(deps.db, input.decisionId), "decision", input.decisionId);
  const view = liveFleet(deps.db).snapshot?.deployments.find((one) => one.deploymentId === input.deploymentId);
  if (decision.deploymentId !== input.deploymentId || !view) throw new AppError("not-found", "There is no such suggestion.", { place: "decisionId" });
  if (decision.outcome !== "suggested") throw new AppError("conflict", `This suggestion is ${decision.outcome}.`, { place: "decisionId", fix: "Look at the newest one." });
  const operation = await actOnDecision(deps, view, decision, input.actor);
  if (!operation) throw new AppError("conflict", "On a fresh look it is not right any more.", { place: "decisionId", fix: "The list of decisions says why." });
  return operation;
}
