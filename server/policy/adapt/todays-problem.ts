// Owns the planning problem as it is today: the tables of profiles and drawing, with what is slower now, and without what is cut. Pure.
import type { PathFigures } from "../../topology/paths.ts";
import type { ModeTimes } from "../../planner/node-modes.ts";
import type { Problem, ProblemNode } from "../../planner/problem.ts";

/** How many times slower than in the tables; absent = as in the tables. Links by "from>to" of drawn nodes, both their latency and their time per byte. */
export type Slowdowns = { nodes: ReadonlyMap<string, number>; links: ReadonlyMap<string, number> };

export function pairKey(fromTopologyNodeId: string, toTopologyNodeId: string): string {
  return `${fromTopologyNodeId}>${toTopologyNodeId}`;
}

/** `cutPairs`: "from>to" of drawn nodes, since when. */
export function todaysProblem(problem: Problem, slowdowns: Slowdowns, cutPairs: ReadonlyMap<string, number> = new Map()): Problem {
  return {
    ...problem,
    ...(cutPairs.size > 0 ? { cutPairs } : {}),
    nodes: problem.nodes.map((node) => slowerNode(node, slowdowns.nodes.get(node.topologyNodeId) ?? 1)),
    paths: problem.paths.map((row, from) =>
      row.map((path, to) => {
        const key = pairKey(problem.nodes[from]?.topologyNodeId ?? "", problem.nodes[to]?.topologyNodeId ?? "");
        if (cutPairs.has(key)) return null;
        const factor = slowdowns.links.get(key);
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
  return { ...slowerTimes(node, factor), ...(node.otherModes ? { otherModes: node.otherModes.map((mode) => slowerTimes(mode, factor)) } : {}) };
}

function slowerTimes<T extends ModeTimes>(times: T, factor: number): T {
  const slower = (list: readonly number[]) => list.map((ms) => ms * factor);
  return { ...times, layerMs: slower(times.layerMs), cumulativeMs: slower(times.cumulativeMs), entryMs: slower(times.entryMs), exitMs: slower(times.exitMs) };
}
