// Owns what is left of the nodes beside replicas that are loaded there. Pure.
import { distinctStages } from "../distinct-stages.ts";
import type { Placement } from "../plan.ts";
import type { Problem } from "../problem.ts";
import { stageMemoryBytes } from "../stage-memory.ts";

/** The memory of these stages counts as held; a stage that several replicas have is one process. */
export function holdStages(problem: Problem, stages: Placement): Problem {
  const held = new Map<string, number>();
  for (const stage of distinctStages(stages)) held.set(stage.topologyNodeId, (held.get(stage.topologyNodeId) ?? 0) + stageMemoryBytes(problem, stage.from, stage.to));
  if (held.size === 0) return problem;
  return { ...problem, nodes: problem.nodes.map((node) => (held.has(node.topologyNodeId) ? { ...node, heldBytes: (node.heldBytes ?? 0) + (held.get(node.topologyNodeId) ?? 0) } : node)) };
}
