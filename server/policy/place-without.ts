// Owns where the layers of a node go when it is drained: everything else stays where it is if that can be, else the whole chain is placed anew.
import { checkPlacement } from "../planner/check-placement.ts";
import { estimatePlacement } from "../planner/estimate.ts";
import type { Infeasible, Placement, Plan } from "../planner/plan.ts";
import type { Problem } from "../planner/problem.ts";
import { solveNow } from "../planner/solve-now.ts";

/** Each way of handing the node's segments to others is estimated (about 0.1 ms): above this all of them go to one node. */
const MAX_WAYS = 2_000;

export type PlacedWithout = { placement: Placement; origin: Extract<Plan["origin"], { by: "solver" }> };

/**
 * The placement of lowest predicted latency in which the drained node holds nothing and no other segment moves; where there is none, the
 * solver's, or its refusals. `leaving`: the drawn nodes that stand for the drained one. What other cordoned nodes hold they may keep.
 */
export function placeWithout(problem: Problem, running: Placement, leaving: readonly string[]): PlacedWithout | Infeasible {
  const without: Problem = { ...problem, nodes: problem.nodes.map((node) => (leaving.includes(node.topologyNodeId) ? { ...node, cordoned: true } : node)) };
  const held = new Set(running.map((stage) => stage.topologyNodeId).filter((id) => !leaving.includes(id)));
  const targets = without.nodes.filter((node) => node.trusted && !node.planned && node.online && !node.cordoned).map((node) => node.topologyNodeId);
  let best: { placement: Placement; latencyMs: number } | null = null;
  for (const placement of waysToHandOver(running, leaving, targets)) {
    const refusals = checkPlacement(without, placement, { forDeploy: true }).filter((refusal) => refusal.code !== "node-cordoned" || !held.has(refusal.topologyNodeId ?? ""));
    const latencyMs = refusals.length > 0 ? null : (estimatePlacement(without, placement)?.latencyMs ?? null);
    if (latencyMs !== null && (best === null || latencyMs < best.latencyMs)) best = { placement, latencyMs };
  }
  if (best) return { placement: best.placement, origin: { by: "solver", solver: "hand-over/1", objective: "latency", lowerBound: null, gap: null, proved: false } };
  const solved = solveNow(without, { objective: "latency", forDeploy: true });
  return "infeasible" in solved ? solved : { placement: solved.placement, origin: solved.origin };
}

function* waysToHandOver(running: Placement, leaving: readonly string[], targets: readonly string[]): Generator<Placement> {
  const moving = running.flatMap((stage, index) => (leaving.includes(stage.topologyNodeId) ? [index] : []));
  const isFew = targets.length ** moving.length <= MAX_WAYS;
  const ways = isFew ? targets.length ** moving.length : targets.length;
  for (let way = 0; way < ways; way++) {
    const nodeOf = (position: number) => targets[isFew ? Math.floor(way / targets.length ** position) % targets.length : way] as string;
    yield joinNeighbours(running.map((stage, index) => (moving.includes(index) ? { from: stage.from, to: stage.to, topologyNodeId: nodeOf(moving.indexOf(index)) } : stage)));
  }
}

/** Neighbours on one node are one segment: one process, and nothing sent between them. */
function joinNeighbours(placement: Placement): Placement {
  const joined: Placement = [];
  for (const stage of placement) {
    const last = joined.at(-1);
    if (last && last.topologyNodeId === stage.topologyNodeId) joined[joined.length - 1] = { ...last, ...stage, from: last.from };
    else joined.push(stage);
  }
  return joined;
}
