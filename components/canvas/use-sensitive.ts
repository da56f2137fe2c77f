// Owns where something sensitive is in the plan on the canvas. Told while trust is painted or where some input is free: else everything is, and marks on all say nothing.
import type { Estimate } from "../../server/planner/plan.ts";
import type { Problem } from "../../server/planner/problem.ts";
import { problemTaint, seesSensitive, sensitiveHops } from "./trust-paint.ts";
import { lastOnly, usePrediction } from "./use-prediction.ts";
import { useRequest, useWorkbench } from "./workbench-store.ts";

export type Sensitive = { stage(from: number, to: number): boolean; /** "from>to" of neighbouring nodes of the drawing. */ links: ReadonlySet<string> };

const marksOf = lastOnly((problem: Problem, inputs: readonly string[] | undefined, estimate: Estimate | null): Sensitive => {
  const taint = problemTaint(problem, inputs);
  const indexOf = new Map(problem.nodes.map((node, index) => [node.topologyNodeId, index]));
  const links = new Set<string>();
  for (const { fromTopologyNodeId: from, toTopologyNodeId: to } of estimate ? sensitiveHops(taint, estimate) : []) {
    const way = problem.paths[indexOf.get(from) ?? -1]?.[indexOf.get(to) ?? -1]?.via ?? [];
    for (const [index, id] of way.slice(1).entries()) links.add(`${way[index]}>${id}`);
  }
  return { stage: (first, last) => seesSensitive(taint, first, last), links };
});

export function useSensitive(): Sensitive | null {
  const problem = useWorkbench((state) => state.problem);
  const inputs = useRequest().sensitiveInputs;
  const painting = useWorkbench((state) => state.painting !== null);
  const { draft } = usePrediction();
  if (problem === null || (!painting && inputs === undefined)) return null;
  return marksOf(problem, inputs, draft?.estimate ?? null);
}
