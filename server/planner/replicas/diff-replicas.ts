// Owns what changes between two plans with replicas: each is held against the one of its number, memory and weights over all of them. Pure.
import { diffPlacements, memoryChange } from "../diff-placements.ts";
import { estimatePlacement } from "../estimate.ts";
import type { Placement, PlanDiff } from "../plan.ts";
import type { Problem } from "../problem.ts";
import { combineReplicas } from "./combine-replicas.ts";
import { enteredAtFirst } from "./entered-at-first.ts";

/** `before: null` = nothing runs yet. At least one placement after; latencies are means over the requests. */
export function diffReplicas(problem: Problem, before: readonly Placement[] | null, after: readonly Placement[]): PlanDiff {
  const old = (before ?? []).flat();
  const diffs = after.map((placement, index) => diffPlacements(problem, before === null ? null : (before[index] ?? []), placement, old));
  const removed = (before ?? []).slice(after.length).flat().map((stage): PlanDiff["stages"][number] => ({ change: "remove", from: stage.from, to: stage.to, fromTopologyNodeId: stage.topologyNodeId, toTopologyNodeId: null, shipBytes: 0 }));
  const [first] = diffs as [PlanDiff, ...PlanDiff[]];
  if (diffs.length === 1 && removed.length === 0) return first;
  const changes = diffs.flatMap((diff, index) => diff.stages.map((stage) => (index === 0 ? stage : { ...stage, replica: index + 1 })));
  // Those of the plan first, in its order.
  const stages = [...changes.filter((stage) => stage.change !== "remove"), ...changes.filter((stage) => stage.change === "remove"), ...removed];
  return {
    same: diffs.every((diff) => diff.same) && removed.length === 0,
    stages,
    moves: diffs.flatMap((diff) => diff.moves),
    shipBytes: stages.reduce((sum, stage) => sum + stage.shipBytes, 0),
    memory: memoryChange(problem, old, after.flat()),
    latencyMsBefore: before === null ? null : meanLatencyMs(problem, before),
    latencyMsAfter: meanLatencyMs(problem, after) ?? first.latencyMsAfter,
  };
}

/** Null where one of them has no way. */
function meanLatencyMs(drawn: Problem, placements: readonly Placement[]): number | null {
  const problem = placements.length > 1 ? enteredAtFirst(drawn, placements[0] ?? []) : drawn;
  const estimates = placements.flatMap((placement) => estimatePlacement(problem, placement) ?? []);
  return estimates.length === 0 || estimates.length < placements.length ? null : combineReplicas(problem, estimates).latencyMs;
}
