// Owns where requests enter once the node they enter at is drained, together with where its layers go then. Pure.
import { estimatePlacement } from "../planner/estimate.ts";
import type { Infeasible } from "../planner/plan.ts";
import type { Placement } from "../planner/plan.ts";
import type { Problem, ProblemNode } from "../planner/problem.ts";
import { type PlacedWithout, placeWithout } from "./place-without.ts";

/** Each entry tried places the whole chain anew; the nodes that hold layers come first, and a better one is hardly beyond these. */
const MAX_ENTRIES_TRIED = 8;

export type PlacedEntry = PlacedWithout & { /** Drawn node where requests enter then. */ entryId: string };

/**
 * The drawing's own source where that is not drained and can take requests; else the entry of lowest predicted latency, among `among` if any
 * are given (other entries that stay). A drawing without a source is entered at its first stage. `leaving`: the drawn nodes that stand for the drained one.
 */
export function placeEntry(problem: Problem, running: Placement, leaving: readonly string[], among: readonly string[] = []): PlacedEntry | Infeasible {
  if (problem.sourceIndex === null && among.length === 0) {
    const placed = placeWithout(problem, running, leaving);
    return "infeasible" in placed ? placed : { ...placed, entryId: placed.placement[0]?.topologyNodeId ?? "" };
  }
  let best: { placed: PlacedEntry; latencyMs: number } | null = null;
  let refused: Infeasible | null = null;
  for (const entryId of entriesOf(problem, running, leaving, among)) {
    const entered: Problem = { ...problem, sourceIndex: problem.nodes.findIndex((node) => node.topologyNodeId === entryId) };
    const placed = placeWithout(entered, running, leaving);
    if ("infeasible" in placed) { refused ??= placed; continue; }
    const latencyMs = estimatePlacement(entered, placed.placement)?.latencyMs ?? Number.POSITIVE_INFINITY;
    if (best === null || latencyMs < best.latencyMs) best = { placed: { ...placed, entryId }, latencyMs };
  }
  return best?.placed ?? refused ?? { infeasible: true, refusals: [{ code: "node-offline", message: "No other node of the topology can take requests.", fix: "Start the agent of one, or uncordon one." }] };
}

function entriesOf(problem: Problem, running: Placement, leaving: readonly string[], among: readonly string[]): string[] {
  const able = problem.nodes.filter((node) => canEnter(node) && !leaving.includes(node.topologyNodeId) && (among.length === 0 || among.includes(node.topologyNodeId))).map((node) => node.topologyNodeId);
  const source = problem.sourceIndex === null ? undefined : problem.nodes[problem.sourceIndex]?.topologyNodeId;
  if (source !== undefined && able.includes(source)) return [source];
  const holds = (id: string) => Number(running.some((stage) => stage.topologyNodeId === id));
  return able.sort((a, b) => holds(b) - holds(a)).slice(0, MAX_ENTRIES_TRIED);
}

const canEnter = (node: ProblemNode): boolean => node.trusted && !node.planned && node.online && node.approved && !node.cordoned;
