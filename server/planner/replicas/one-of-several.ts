// Owns one replica of a plan as a problem of its own, the others staying as they are: what explanations and proofs of it are about. Pure.
import { distinctStages } from "../distinct-stages.ts";
import { isSameStage } from "../node-modes.ts";
import type { Placement } from "../plan.ts";
import type { PlanRequest } from "../plan-request.ts";
import type { Problem } from "../problem.ts";
import { enteredAtFirst } from "./entered-at-first.ts";
import { holdStages } from "./hold-stages.ts";
import { ofOneReplica } from "./of-one-replica.ts";

export type OneOfSeveral = { problem: Problem; request: PlanRequest; running: readonly Placement[] | null; /** Processes that stay, and that it may use again as they are. */ loaded: Placement };

/**
 * Beside the memory of the others; off the nodes of those before it where it is, so that a node's loss still leaves one. What was proved of it beside those before it holds here too: less is allowed, but it is.
 * `request`: of all of them. Of a single placement it is the problem itself.
 */
export function oneOfSeveral(drawn: Problem, request: PlanRequest, placements: readonly Placement[], index: number, running: readonly Placement[] | null): OneOfSeveral {
  const one = ofOneReplica(request, Math.max(placements.length, typeof request.replicas === "number" ? request.replicas : 1));
  if (placements.length < 2) return { problem: drawn, request: one, running, loaded: (running ?? []).flat() };
  const own = placements[index] ?? [];
  const others = distinctStages(placements.filter((_, other) => other !== index).flat());
  const isOwn = (stage: Placement[number]) => own.some((other) => isSameStage(stage, other));
  const shared = others.filter(isOwn);
  const loaded = [...shared, ...(request.bothLoaded ? (running ?? []).flat().filter((stage) => !others.some((other) => isSameStage(stage, other))) : [])];
  const avoidNodeIds = [...new Set([...(request.avoidNodeIds ?? []), ...keptOff(own, placements.slice(0, index))])];
  return {
    problem: holdStages(index === 0 ? drawn : enteredAtFirst(drawn, placements[0] ?? []), others.filter((stage) => !isOwn(stage))),
    request: { ...one, ...(avoidNodeIds.length > 0 ? { avoidNodeIds } : {}), ...(loaded.length > 0 ? { bothLoaded: true } : {}) },
    running,
    loaded,
  };
}

/** Every node of those before it where it shares none, else those that all of them need and it does not. */
function keptOff(own: Placement, before: readonly Placement[]): string[] {
  const uses = (placement: Placement, id: string) => placement.some((stage) => stage.topologyNodeId === id);
  const used = [...new Set(before.flat().map((stage) => stage.topologyNodeId))];
  const free = used.filter((id) => !uses(own, id));
  return free.length === used.length ? free : free.filter((id) => before.every((placement) => uses(placement, id)));
}
