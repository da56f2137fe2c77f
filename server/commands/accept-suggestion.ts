// Has a suggested move made, because a person or a script says so, at whichever console they are.
import { AppError } from "../errors.ts";
import { liveFleet } from "../live/live-fleet.ts";
import type { AcceptAnswer, AcceptAsked } from "../live/peer-message.ts";
import { findDecision } from "../store/adapt-decisions.ts";
import { findOperation, type Operation } from "../store/operations.ts";
import { actOnDecision } from "./act-on-decision.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";

/** @throws AppError not-found, conflict (expired, decided already, moving), infeasible, unavailable (the console that leads does not answer) */
export async function acceptSuggestion(deps: Deps, input: AcceptAsked): Promise<Operation> {
  const { peers } = deps;
  const leaderId = peers?.leaderId() ?? null;
  if (!peers || leaderId === null || leaderId === peers.consoleId) return acceptAsLeader(deps, input);
  const answer = await peers.askAccept(input).catch((cause: Error) => {
    throw new AppError("unavailable", `Whether the suggestion was accepted is not known here: ${cause.message}.`, { fix: "Look at the newest decision, and accept it again if it still stands: it is made once.", cause });
  });
  if ("refused" in answer) {
    const { code, message, place, fix } = answer.refused;
    throw new AppError(code, message, { ...(place === null ? {} : { place }), ...(fix === null ? {} : { fix }) });
  }
  return findOrThrow(findOperation(deps.db, answer.operationId), "operation", answer.operationId);
}

/** For a console that follows. Never rejects: what went wrong is an answer. */
export async function acceptHere(deps: Deps, input: AcceptAsked): Promise<AcceptAnswer> {
  try {
    return { operationId: (await acceptAsLeader(deps, input)).id };
  } catch (error) {
    if (error instanceof AppError) return { refused: { code: error.code, message: error.message, place: error.place, fix: error.fix } };
    deps.log.error({ err: error, decisionId: input.decisionId }, "a suggestion could not be accepted for another console");
    return { refused: { code: "internal", message: "The console that leads could not accept it.", place: null, fix: "Its log says why." } };
  }
}

/** What the loop has learnt, and looks at again before it acts, is in the memory of the console that leads. */
async function acceptAsLeader(deps: Deps, input: AcceptAsked): Promise<Operation> {
  const decision = await findOrThrow(findDecision(deps.db, input.decisionId), "decision", input.decisionId);
  const view = liveFleet(deps.db).snapshot?.deployments.find((one) => one.deploymentId === input.deploymentId);
  if (decision.deploymentId !== input.deploymentId || !view) throw new AppError("not-found", "There is no such suggestion.", { place: "decisionId" });
  if (decision.outcome !== "suggested") throw new AppError("conflict", `This suggestion is ${decision.outcome}.`, { place: "decisionId", fix: "Look at the newest one." });
  const operation = await actOnDecision(deps, view, decision, input.actor);
  if (!operation) throw new AppError("conflict", "On a fresh look it is not right any more.", { place: "decisionId", fix: "The list of decisions says why." });
  return operation;
}
