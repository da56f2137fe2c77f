// Owns how a deployment of several replicas looks to the controller of one of them: the others stay where they are, hold their memory, and keep nodes of their own. Pure.
import type { Placement } from "../../planner/plan.ts";
import type { Problem } from "../../planner/problem.ts";
import { enteredAtFirst } from "../../planner/replicas/entered-at-first.ts";
import { holdStages } from "../../planner/replicas/hold-stages.ts";
import { ofOneReplica } from "../../planner/replicas/of-one-replica.ts";
import type { Observation } from "./controller.ts";
import type { Drift } from "./observe-drift.ts";

/** Of each replica, the first one first. */
export const placementsOf = ({ running, further = [] }: Pick<Observation, "running" | "further">): Placement[] => [running, ...further.map((one) => one.running)];

/** `today`: the problem with what is slower now. `apart`: off the nodes that are the others' alone. */
export function viewOf(seen: Observation, today: Problem, index: number, apart = true): Observation {
  const placements = placementsOf(seen);
  const { further = [], ...rest } = seen;
  const own = index === 0 ? seen : further[index - 1];
  if (placements.length === 1 || !own) return { ...rest, problem: today, request: ofOneReplica(seen.request) };
  const others = placements.filter((_, other) => other !== index);
  const request = ofOneReplica(seen.request, placements.length);
  const theirs = apart ? foreignNodes(placements, index) : [];
  return {
    ...rest, running: own.running, home: own.home, stageMs: own.stageMs, hopMs: own.hopMs,
    problem: holdStages(enteredAtFirst(today, placements[0] ?? []), others.flat()),
    request: { ...request, avoidNodeIds: [...new Set([...(request.avoidNodeIds ?? []), ...theirs])] },
  };
}

/** Drawn nodes that only other replicas use. */
function foreignNodes(placements: readonly Placement[], index: number): string[] {
  const own = new Set(placements[index]?.map((stage) => stage.topologyNodeId));
  return [...new Set(placements.filter((_, other) => other !== index).flat().map((stage) => stage.topologyNodeId))].filter((id) => !own.has(id));
}

/** What is slower on nodes that only others use changes nothing for this one. */
export function driftsOf(drifts: readonly Drift[], placements: readonly Placement[], index: number): Drift[] {
  const foreign = foreignNodes(placements, index);
  return drifts.filter((drift) => !drift.subject.split(">").some((id) => foreign.includes(id)));
}
