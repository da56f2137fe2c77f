// The one interface of everything that plans: our solvers and the rules of others they are compared with. A solver is pure but for the clock it is handed.
import type { LatencyFigure } from "../demand.ts";
import type { Figures } from "../evaluate.ts";
import type { Instance, SearchStage } from "../instance.ts";
import type { Weights } from "./additive-costs.ts";

/**
 * What is minimised:
 * - `additive`: a weighted sum of latency, energy, money and carbon (one weight alone = that objective);
 * - `bottleneck`: the busiest node's or link's time per request, so that throughput is greatest; ties by latency.
 * - `demand`: latency at the instance's requests per second, waiting included, on average or what a share of the requests stays within.
 * Demands and SLOs are limits of the instance.
 */
export type SearchObjective = { kind: "additive"; weights: Weights } | { kind: "bottleneck" } | { kind: "demand"; figure: LatencyFigure };

export type SearchRequest = {
  instance: Instance;
  objective: SearchObjective;
  /** Cumulative moving cost by processor (see `additiveCosts`), in cost units; not for `bottleneck`. */
  moving?: readonly (Float64Array | null)[];
  /** Chains to start from: what runs now, what the operator drew. Infeasible ones are ignored. */
  seeds?: readonly (readonly SearchStage[])[];
};

export type SearchContext = {
  /** A monotonic clock, milliseconds. Only for deadlines and for how long it took: no choice depends on it but when to stop. */
  now(): number;
  /** Time of `now` at which the best so far is the answer. */
  deadlineMs: number;
  /** Asked often; true = stop with the best so far. */
  cancelled(): boolean;
  /** Same seed, same request, enough time: same answer. */
  seed: number;
  /** Told of every better plan and every better bound. */
  onProgress?(progress: Progress): void;
};

export type Progress = { stages: SearchStage[] | null; cost: number; bound: number; elapsedMs: number; /** What found it: "relaxation", "order search", a baseline's name… */ by: string };

export type Outcome = {
  /** null = none found (and none exists, if `proved`). */
  stages: SearchStage[] | null;
  /** In the objective's unit; Infinity without a plan. */
  cost: number;
  figures: Figures | null;
  /** No plan costs less. −Infinity where the solver proves nothing. */
  bound: number;
  /** cost = bound within 1e-9 relative, or proved infeasible. */
  proved: boolean;
  elapsedMs: number;
  /** Time until the first plan and until the one that is the answer; null without one. */
  firstMs: number | null;
  bestMs: number | null;
  /** Where the winning plan came from. */
  by: string;
  /** Why there is no plan, in the words of a rule that has reasons of its own; unset where the constraints are the reason or there is a plan. */
  reason?: string;
};

export type Solver = {
  /** Stable, in kebab-case with a version: "order-search/1". */
  name: string;
  /** For people: "exo’s rule (memory-proportional)". */
  label: string;
  solve(request: SearchRequest, context: SearchContext): Outcome;
};

/** (cost − bound) / |bound|; Infinity without a bound. */
export function gapOf(outcome: Pick<Outcome, "cost" | "bound">): number {
  if (!Number.isFinite(outcome.cost) || !Number.isFinite(outcome.bound)) return Number.POSITIVE_INFINITY;
  if (outcome.cost <= outcome.bound) return 0;
  return (outcome.cost - outcome.bound) / Math.max(Math.abs(outcome.bound), Number.MIN_VALUE);
}
