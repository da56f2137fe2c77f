// Owns where requests of a running deployment enter when the drawing does not say: where they do now, wherever its stages go. Pure.
import type { TopologyDocument } from "../topology/topology.ts";
import type { Problem } from "./problem.ts";

/** `entryNodeIds`: enrolled nodes. Of several the first that is there, else the first that is drawn. */
export function enteredAt(problem: Problem, document: Pick<TopologyDocument, "nodes">, entryNodeIds: readonly string[]): Problem {
  if (problem.sourceIndex !== null) return problem;
  const drawn = entryNodeIds.flatMap((nodeId) => document.nodes.flatMap(({ id, nodeId: enrolled }) => (enrolled === nodeId ? [problem.nodes.findIndex((node) => node.topologyNodeId === id)] : []))).filter((index) => index >= 0);
  const sourceIndex = drawn.find((index) => problem.nodes[index]?.online) ?? drawn[0];
  return sourceIndex === undefined ? problem : { ...problem, sourceIndex };
}
