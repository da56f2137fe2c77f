// Owns what several whole pipelines do together: how many requests a second, how long they take, whose loss stops all. Pure.
import type { Estimate, Together } from "../plan.ts";
import { pathLinks } from "../path-links.ts";
import type { Problem } from "../problem.ts";

/** What part of the requests each takes: least outstanding, weighted by rate, sends replica r the share rate_r / Σ rates. */
export function replicaShares(estimates: readonly Pick<Estimate, "throughputPerSecond">[]): number[] {
  const total = estimates.reduce((sum, one) => sum + one.throughputPerSecond, 0);
  return estimates.map((one) => (total > 0 ? one.throughputPerSecond / total : Number.NaN));
}

/**
 * `estimates`: of each replica alone. What they share (a node's time, a link's) is
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
  const shares = replicaShares(estimates);
  const mean = (of: (one: Estimate) => number | null | undefined) => estimates.reduce<number | null>((sum, one, index) => { const value = of(one); return sum === null || value == null ? null : sum + value * (shares[index] ?? 0); }, 0);
  const kinds = new Set(estimates.map((one) => one.kind));
  const usedBy = (least: number) => [...users].filter(([, count]) => count >= least).map(([id]) => id);
  return {
    throughputPerSecond: share * total,
    latencyMs: mean((one) => one.latencyMs) ?? Number.NaN,
    worstLatencyMs: Math.max(...estimates.map((one) => one.latencyMs)),
    costs: { joules: mean((one) => one.costs?.joules), money: mean((one) => one.costs?.money), grams: mean((one) => one.costs?.grams) },
    kind: kinds.size === 1 ? (estimates[0]?.kind ?? "estimated") : "mixed",
    sharedNodeIds: estimates.length > 1 ? usedBy(2) : [],
    fatalNodeIds: usedBy(estimates.length),
  };
}
