// Owns what several whole pipelines do together: how many requests a second, how long they take, whose loss stops all. Pure.
import type { Estimate } from "../plan.ts";
import { pathLinks } from "../path-links.ts";
import type { Problem } from "../problem.ts";

export type Together = {
  /** While every replica has work; requests fall to them by their rates. */
  throughputPerSecond: number;
  /** Mean over requests, each alone in its replica. */
  latencyMs: number;
  /** Of the slowest replica. */
  worstLatencyMs: number;
  /** Nodes of the drawing that run stages of several replicas, and those that all of them need: the loss of one of these stops the deployment. Entry not counted. */
  sharedNodeIds: string[];
  fatalNodeIds: string[];
};

/**
 * `estimates`: of each replica alone. Least outstanding, weighted by rate, sends replica r the share rate_r / Σ rates; what they share (a node's time, a link's) is
 * busy with all of them, so all slow down alike: throughput = s · Σ rates with the largest s ≤ 1 that keeps every node and link within its time.
 */
export function combineReplicas(problem: Problem, estimates: readonly Estimate[]): Together {
  const total = estimates.reduce((sum, one) => sum + one.throughputPerSecond, 0);
  const busy = new Map<string, number>();
  const take = (key: string, msPerSecond: number) => busy.set(key, (busy.get(key) ?? 0) + msPerSecond);
  const indexOf = new Map(problem.nodes.map((node, index) => [node.topologyNodeId, index]));
  for (const { throughputPerSecond: rate, stages, hops } of estimates) {
    for (const stage of stages) take(`node ${stage.topologyNodeId}`, rate * (stage.computeMs + (stage.handoverMs ?? 0)));
    for (const hop of hops) for (const link of pathLinks(problem, indexOf.get(hop.fromTopologyNodeId) ?? -1, indexOf.get(hop.toTopologyNodeId) ?? -1) ?? []) take(`link ${link.id}`, rate * hop.bytes * link.msPerByte);
  }
  const share = Math.min(1, 1000 / Math.max(1000, ...busy.values()));
  const users = new Map<string, number>();
  for (const { stages } of estimates) for (const id of new Set(stages.map((stage) => stage.topologyNodeId))) users.set(id, (users.get(id) ?? 0) + 1);
  const usedBy = (least: number) => [...users].filter(([, count]) => count >= least).map(([id]) => id);
  return {
    throughputPerSecond: share * total,
    latencyMs: total > 0 ? estimates.reduce((sum, one) => sum + one.latencyMs * one.throughputPerSecond, 0) / total : Number.NaN,
    worstLatencyMs: Math.max(...estimates.map((one) => one.latencyMs)),
    sharedNodeIds: estimates.length > 1 ? usedBy(2) : [],
    fatalNodeIds: usedBy(estimates.length),
  };
}
