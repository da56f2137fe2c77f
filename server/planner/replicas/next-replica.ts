// Owns how a further replica is planned beside those that are there: first on nodes that none of them uses, so that a node's loss leaves the others; else on what
// they leave of their nodes, where that is of use. Pure: which problems to solve, and what to think of an answer; solving is the caller's.
import { estimatePlacement } from "../estimate.ts";
import type { Placement, Refusal } from "../plan.ts";
import type { PlanRequest } from "../plan-request.ts";
import type { Problem } from "../problem.ts";
import { checkReplicas } from "./check-replicas.ts";
import { combineReplicas } from "./combine-replicas.ts";
import { enteredAtFirst } from "./entered-at-first.ts";
import { holdStages } from "./hold-stages.ts";

/** A replica that shares nodes and adds less than this share of the throughput is not worth its memory, unless a node's loss hurts less with it. */
export const LEAST_ADDED = 0.05;

/** Each is a search of its own. */
const MAX_KEPT_OFF = 4;

/** `request`: of one replica. In the order to try. */
export function waysToAdd(drawn: Problem, request: PlanRequest, placements: readonly Placement[]): { problem: Problem; request: PlanRequest; apart: boolean }[] {
  const problem = enteredAtFirst(drawn, placements[0] ?? []);
  const used = [...new Set(placements.flat().map((stage) => stage.topologyNodeId))];
  const beside = holdStages(problem, placements.flat());
  const avoiding = (ids: readonly string[]): PlanRequest => ({ ...request, avoidNodeIds: [...new Set([...(request.avoidNodeIds ?? []), ...ids])] });
  // A node that all of them need stays one that all need; a replica that keeps off one of them is worth more than one that is fast.
  const fatal = used.filter((id) => placements.every((placement) => placement.some((stage) => stage.topologyNodeId === id)));
  const keepingOff = used.length > 1 ? fatal.slice(0, MAX_KEPT_OFF) : [];
  return [{ problem, request: avoiding(used), apart: true }, ...keepingOff.map((id) => ({ problem: beside, request: avoiding([id]), apart: false })), { problem: beside, request, apart: false }];
}

/** Why `candidate` is of no use beside the others; empty = it is. `asked`: the request of all. */
export function whyNotAdd(drawn: Problem, asked: PlanRequest, placements: readonly Placement[], candidate: Placement): Refusal[] {
  const problem = enteredAtFirst(drawn, placements[0] ?? []);
  // Whether they carry the demand shows when the last one is there.
  const { demandPerSecond: _demand, slo: _slo, ...rules } = asked;
  const refusals = checkReplicas(problem, [...placements, candidate], { request: rules });
  if (refusals.length > 0) return refusals;
  const estimates = [...placements, candidate].flatMap((placement) => estimatePlacement(problem, placement) ?? []);
  const [before, after] = [combineReplicas(problem, estimates.slice(0, -1)), combineReplicas(problem, estimates)];
  if (after.fatalNodeIds.length < before.fatalNodeIds.length || after.throughputPerSecond >= before.throughputPerSecond * (1 + LEAST_ADDED)) return [];
  return [{ code: "memory", message: `Beside ${placements.length === 1 ? "the first replica" : `${placements.length} replicas`} there is no room for one that would answer more, or go on when a node is lost.`, fix: "Ask for fewer replicas, or add a node." }];
}

/** Sentences for people, of two and more replicas. */
export function sayReplicas(drawn: Problem, placements: readonly Placement[]): string[] {
  const problem = enteredAtFirst(drawn, placements[0] ?? []);
  if (placements.length < 2) return [];
  const nameOf = (id: string) => problem.nodes.find((node) => node.topologyNodeId === id)?.name ?? id;
  const { throughputPerSecond, latencyMs, sharedNodeIds, fatalNodeIds } = combineReplicas(problem, placements.flatMap((placement) => estimatePlacement(problem, placement) ?? []));
  const lost = fatalNodeIds.length > 0 ? `All of them need ${fatalNodeIds.map(nameOf).join(", ")}: its loss stops them.` : sharedNodeIds.length > 0 ? `Several use ${sharedNodeIds.map(nameOf).join(", ")}; whichever node is lost, one replica goes on.` : "They share no node: whichever is lost, the others go on.";
  return [`${placements.length} replicas carry ${throughputPerSecond.toFixed(1)} requests/s together, ${latencyMs.toFixed(1)} ms on average. ${lost}`];
}
