// Owns whether what a node was given to run is running, as far as adaptation may say: the console hears it, or others are through to it. Pure.
import type { Placement } from "../../planner/plan.ts";
import type { Problem } from "../../planner/problem.ts";

export function isRunning({ nodes }: Problem, topologyNodeId: string): boolean {
  const node = nodes.find((one) => one.topologyNodeId === topologyNodeId);
  return node !== undefined && (node.online || node.serves === true);
}

/** Drawn nodes of a placement whose parts do not run, each once. */
export const lostNodes = (problem: Problem, placement: Placement): string[] => [...new Set(placement.map((stage) => stage.topologyNodeId))].filter((id) => !isRunning(problem, id));
