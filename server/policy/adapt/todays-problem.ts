// Owns the planning problem as it is today: the tables of profiles and drawing, with what is slower now. Pure.
import type { PathFigures } from "../../topology/paths.ts";
import type { Problem, ProblemNode } from "../../planner/problem.ts";

/** How many times slower than in the tables; absent = as in the tables. Links by "from>to" of drawn nodes, both their latency and their time per byte. */
export type Slowdowns = { nodes: ReadonlyMap<string, number>; links: ReadonlyMap<string, number> };

export function pairKey(fromTopologyNodeId: string, toTopologyNodeId: string): string {
  return `${fromTopologyNodeId}>${toTopologyNodeId}`;
}

export function todaysProblem(problem: Problem, slowdowns: Slowdowns): Problem {
  return {
    ...problem,
    nodes: problem.nodes.map((node) => slowerNode(node, slowdowns.nodes.get(node.topologyNodeId) ?? 1)),
    paths: problem.paths.map((row, from) =>
      row.map((path, to) => {
        const factor = slowdowns.links.get(pairKey(problem.nodes[from]?.topologyNodeId ?? "", problem.nodes[to]?.topologyNodeId ?? ""));
        return path === null || factor === undefined || from === to ? path : slowerPath(path, factor);
      }),
    ),
  };
}

function slowerPath(path: PathFigures, factor: number): PathFigures {
  const bandwidthBytesPerSecond = path.bandwidthBytesPerSecond / factor;
  return { ...path, latencyMs: path.latencyMs * factor, bandwidthBytesPerSecond, ...(path.hops ? { hops: path.hops.map((hop) => ({ ...hop, bandwidthBytesPerSecond: hop.bandwidthBytesPerSecond / factor })) } : {}) };
}

function slowerNode(node: ProblemNode, factor: number): ProblemNode {
  if (factor === 1) return node;
  const slower = (times: readonly number[]) => times.map((ms) => ms * factor);
  return { ...node, layerMs: slower(node.layerMs), cumulativeMs: slower(node.cumulativeMs), entryMs: slower(node.entryMs), exitMs: slower(node.exitMs) };
}
