// Owns where requests of several replicas enter when the drawing does not say: at the node of the first one's first stage. Pure.
import type { Placement } from "../plan.ts";
import type { Problem } from "../problem.ts";

/** Without replicas nothing changes: a pipeline that is entered at its own first node has no way in. */
export function enteredAtFirst(problem: Problem, first: Placement): Problem {
  const index = problem.nodes.findIndex((node) => node.topologyNodeId === first[0]?.topologyNodeId);
  return problem.sourceIndex !== null || index < 0 ? problem : { ...problem, sourceIndex: index };
}
