// Owns what a plan with all its replicas costs in a request's objective, and what no plan with as many is proved to be below. Pure.
import { latencyUnder } from "../demand.ts";
import { distinctStages } from "../distinct-stages.ts";
import { placementCost } from "../placement-cost.ts";
import type { Estimate, Placement, WholeCost } from "../plan.ts";
import type { PlanRequest } from "../plan-request.ts";
import type { Problem } from "../problem.ts";
import { gapOf } from "../search/solver.ts";
import { combineReplicas, replicaShares } from "./combine-replicas.ts";

type Asked = Pick<PlanRequest, "objective" | "demandPerSecond" | "slo">;
type Costed = { /** Of each replica alone, entered where all are. */ estimates: readonly Estimate[]; running?: readonly Placement[] | null };

/** Means over the requests, as they fall to replicas by their rates; throughput of all; moving for what no node has yet, once. null as for one placement. `request`: of all of them. */
export function wholeCost(problem: Problem, request: PlanRequest, { estimates, running = null }: Costed): number | null {
  const [first] = estimates;
  if (!first) return null;
  if (estimates.length === 1) return placementCost(problem, request, first, running);
  const together = combineReplicas(problem, estimates);
  const { demandPerSecond: _demand, slo: _slo, ...asked } = request;
  const latencyMs = request.objective === "latency" ? promisedMs(request, estimates, together.throughputPerSecond) : together.latencyMs;
  const stages = distinctStages(estimates.flatMap((one) => one.stages)) as Estimate["stages"];
  return placementCost(problem, asked, { ...first, latencyMs, bottleneckMs: 1000 / together.throughputPerSecond, ...(together.costs ? { costs: together.costs } : {}), stages }, running);
}

/** The SLO's share within so long in every replica; without one the mean, waiting at each one's part of the demand included. What they share slows all of them alike. */
function promisedMs({ demandPerSecond = 0, slo }: Asked, estimates: readonly Estimate[], throughputPerSecond: number): number {
  const slower = estimates.reduce((sum, one) => sum + one.throughputPerSecond, 0) / throughputPerSecond;
  const shares = replicaShares(estimates);
  const each = estimates.map(({ latencyMs, varianceMs2 = 0, bottleneckMs }, index) => latencyUnder({ latencyMs, varianceMs2, bottleneckMs: bottleneckMs * slower }, demandPerSecond * (shares[index] ?? 0), slo ? { share: slo.quantile } : "mean"));
  return slo ? Math.max(...each) : each.reduce((sum, ms, index) => sum + ms * (shares[index] ?? 0), 0);
}

/**
 * `firstBound`: what no single pipeline that keeps to a replica's part of the request is below. Every replica is such a pipeline, so no mean over them is below it, and together
 * they answer at most as many times what one does. Nothing follows for latency with waiting, as faster replicas take more than an equal part; nor where requests enter at whatever node
 * the first one begins on, as that is not where the others begin.
 */
export function wholeBound({ sourceIndex }: Pick<Problem, "sourceIndex">, { objective, demandPerSecond }: Asked, firstBound: number | null, count: number): number | null {
  if (count === 1 || firstBound === null) return firstBound;
  if (sourceIndex === null || (objective === "latency" && demandPerSecond !== undefined)) return null;
  return objective === "throughput" ? firstBound / count : firstBound;
}

export function costOfWhole(problem: Problem, request: PlanRequest, costed: Costed & { firstBound: number | null }): WholeCost {
  const cost = wholeCost(problem, request, costed);
  const bound = wholeBound(problem, request, costed.firstBound, costed.estimates.length);
  const gap = cost === null || bound === null ? null : gapOf({ cost, bound });
  return { cost, bound, gap: gap !== null && Number.isFinite(gap) ? gap : null };
}
