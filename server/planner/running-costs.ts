// Owns what one request costs beside time: energy above idle, money, carbon. null = a node on its way has no such figure.
import { pathLinks } from "./path-links.ts";
import type { HopEstimate, StageEstimate } from "./plan.ts";
import type { Problem, ProblemNode } from "./problem.ts";

export type RunningCosts = { joules: number | null; money: number | null; grams: number | null };
const MS_PER_HOUR = 3_600_000;
/** 1 kWh = 3.6 MJ. */
const JOULES_PER_KILOWATT_HOUR = 3_600_000;

/** Of a node's work, per millisecond. */
export function costsPerMs(node: ProblemNode): RunningCosts {
  const joules = node.workWatts == null ? null : node.workWatts / 1000;
  return {
    joules,
    money: node.pricePerHour == null ? null : node.pricePerHour / MS_PER_HOUR,
    grams: joules === null || node.gramsPerKilowattHour == null ? null : (joules * node.gramsPerKilowattHour) / JOULES_PER_KILOWATT_HOUR,
  };
}

/** Of one request. */
export function runningCosts(problem: Problem, stages: readonly StageEstimate[], hops: readonly HopEstimate[]): RunningCosts {
  const indexOf = new Map(problem.nodes.map((node, index) => [node.topologyNodeId, index]));
  const total: RunningCosts = { joules: 0, money: 0, grams: 0 };
  for (const stage of stages) {
    const node = problem.nodes[indexOf.get(stage.topologyNodeId) ?? -1];
    const perMs = node ? costsPerMs(node) : { joules: null, money: null, grams: null };
    const stageMs = stage.computeMs + (stage.handoverMs ?? 0);
    for (const key of ["joules", "money", "grams"] as const) total[key] = total[key] === null || perMs[key] === null ? null : total[key] + stageMs * perMs[key];
  }
  for (const hop of hops) {
    const links = pathLinks(problem, indexOf.get(hop.fromTopologyNodeId) ?? -1, indexOf.get(hop.toTopologyNodeId) ?? -1) ?? [];
    if (total.money !== null) total.money += links.reduce((sum, link) => sum + hop.bytes * link.moneyPerByte, 0);
  }
  return total;
}
