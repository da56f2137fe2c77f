// Owns what a move costs: bytes over today's links, seconds until it serves, what it takes from requests meanwhile, memory while both are loaded. Pure.
import { diffPlacements } from "../../planner/diff-placements.ts";
import { fetchBytesPerSecond } from "../../planner/moving-cost.ts";
import type { Placement, PlanDiff } from "../../planner/plan.ts";
import { freeBytes, type Problem } from "../../planner/problem.ts";
import { diffReplicas } from "../../planner/replicas/diff-replicas.ts";

export type MovingBill = {
  bytes: number;
  /** Until the new revision answers: the slowest node's fetch, loading, and what every move takes. */
  seconds: number;
  /** Seconds of today's cost that it takes from requests while it runs. */
  costSeconds: number;
  /** Drawn nodes that cannot hold both revisions. */
  shortOfMemory: string[];
};

/** Reading, optimising and packing weights. */
const LOAD_BYTES_PER_SECOND = 300e6;
/** Fetching and loading share processors and links with serving: requests are this much slower meanwhile. */
const DISTURBANCE = 0.1;
/** A change is worth something only if it beats this: cold caches after cutover, two revisions' lanes. In seconds of today's cost. */
const FIXED_COST_SECONDS = 1;

/** `problem`: today's. `overheadSeconds`: what moves took beside fetching and loading. */
export function movingBill(problem: Problem, running: Placement, target: Placement, overheadSeconds: number): MovingBill {
  return billOf(problem, diffPlacements(problem, running, target), overheadSeconds);
}

/** The same where the number of replicas changes: what all of them need. */
export function replicasBill(problem: Problem, running: readonly Placement[], target: readonly Placement[], overheadSeconds: number): MovingBill {
  return billOf(problem, diffReplicas(problem, running, target), overheadSeconds);
}

function billOf(problem: Problem, diff: PlanDiff, overheadSeconds: number): MovingBill {
  const byNode = new Map<string, number>();
  for (const stage of diff.stages) if (stage.toTopologyNodeId !== null && stage.change !== "keep") byNode.set(stage.toTopologyNodeId, (byNode.get(stage.toTopologyNodeId) ?? 0) + stage.shipBytes);
  let slowest = 0;
  for (const [id, bytes] of byNode) {
    const index = problem.nodes.findIndex((node) => node.topologyNodeId === id);
    slowest = Math.max(slowest, bytes / fetchBytesPerSecond(problem, index) + bytes / LOAD_BYTES_PER_SECOND);
  }
  const seconds = slowest + overheadSeconds;
  const shortOfMemory = diff.memory.filter((entry) => entry.peakBytes > freeBytes(problem.nodes.find((node) => node.topologyNodeId === entry.topologyNodeId) ?? NO_LIMIT)).map((entry) => entry.topologyNodeId);
  return { bytes: diff.shipBytes, seconds, costSeconds: FIXED_COST_SECONDS + DISTURBANCE * seconds, shortOfMemory };
}

const NO_LIMIT = { memoryLimitBytes: null } as Parameters<typeof freeBytes>[0];
