// Owns why several placements of one model are refused together. Trusts no planner: each alone by the checks of the canvas, with what all of them hold of each
// node, and together by what they carry.
import { type CheckOptions, checkPlacement } from "../check-placement.ts";
import { estimatePlacement } from "../estimate.ts";
import { isSameStage } from "../node-modes.ts";
import type { Placement, Refusal } from "../plan.ts";
import { MAX_REPLICAS, MAX_UTILISATION, type PlanRequest } from "../plan-request.ts";
import type { Problem } from "../problem.ts";
import { combineReplicas } from "./combine-replicas.ts";
import { enteredAtFirst } from "./entered-at-first.ts";
import { ofOneReplica } from "./of-one-replica.ts";

/** `options.request` speaks of all of them. A refusal of a further replica says which. */
export function checkReplicas(drawn: Problem, placements: readonly Placement[], options: CheckOptions = {}): Refusal[] {
  const problem = placements.length > 1 ? enteredAtFirst(drawn, placements[0] ?? []) : drawn;
  const asked: Partial<PlanRequest> = options.request ?? problem.rules ?? {};
  if (placements.length > MAX_REPLICAS) return [{ code: "too-many-stages", message: `${placements.length} replicas; at most ${MAX_REPLICAS} are run.`, fix: "Leave some out." }];
  const request = ofOneReplica(asked, placements.length);
  const refusals: Refusal[] = [];
  const short = new Set<string>();
  for (const [index, placement] of placements.entries()) {
    const besides = placements.filter((_, other) => other !== index).flat();
    for (const refusal of checkPlacement(problem, placement, { ...options, request, besides })) {
      // All of a node's replicas are short of its memory at once: said once.
      if (refusal.code === "memory" && short.has(refusal.topologyNodeId ?? "")) continue;
      if (refusal.code === "memory") short.add(refusal.topologyNodeId ?? "");
      refusals.push(index === 0 ? refusal : { ...refusal, message: `Replica ${index + 1}: ${refusal.message}` });
    }
  }
  for (let index = 1; index < placements.length; index++) {
    const twin = placements.slice(0, index).findIndex((other) => other.length === placements[index]?.length && other.every((stage, k) => isSameStage(stage, placements[index]?.[k] ?? stage) && placements[index]?.[k] !== undefined));
    if (twin >= 0) refusals.push({ code: "overlap", message: `Replica ${index + 1} is replica ${twin + 1} again: the same stages on the same nodes.`, fix: "Leave it out, or place it elsewhere." });
  }
  if (refusals.length > 0 || placements.length < 2 || asked.demandPerSecond === undefined) return refusals;
  const estimates = placements.flatMap((placement) => estimatePlacement(problem, placement) ?? []);
  const carriedPerSecond = combineReplicas(problem, estimates).throughputPerSecond * MAX_UTILISATION;
  if (carriedPerSecond < asked.demandPerSecond * (1 - 1e-9)) refusals.push({ code: "demand", message: `Together the replicas carry ${carriedPerSecond.toFixed(1)} requests/s with room to spare; ${asked.demandPerSecond} are wanted.`, fix: "Place them on nodes of their own, or ask for less." });
  return refusals;
}
