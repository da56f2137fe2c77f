// Owns whether what a solver says of its answer is true: the cost, every figure, the bound and the proof, reckoned again without its help.
import { checkStages, type Violation } from "./check-stages.ts";
import type { Weights } from "./search/additive-costs.ts";
import type { Outcome, SearchRequest } from "./search/solver.ts";
import type { SearchStage } from "./instance.ts";
import { type Tally, tallyStages } from "./tally-stages.ts";
import { servedWithin } from "./tally-wait.ts";

export type ClaimError =
  | { kind: "violation"; violation: Violation }
  /** `what` is claimed to be `claimed`, but is `actual`. */
  | { kind: "figure"; what: string; claimed: number; actual: number }
  | { kind: "contradiction"; message: string };

/** Relative; sums are taken in another order. */
export const CLAIM_TOLERANCE = 1e-9;
/** Of a latency under a demand: a wait is reckoned another way than the solver does. */
export const SERVED_TOLERANCE = 1e-6;

/** Everything that is wrong with an outcome; empty = it is what it says. That no better plan exists is for others to prove: here the bound must only fit the cost. */
export function checkClaim(request: Pick<SearchRequest, "instance" | "objective" | "moving">, outcome: Outcome): ClaimError[] {
  const { stages, figures, cost, bound } = outcome;
  if (Number.isNaN(bound)) return [contradiction("the bound is no number")];
  if (stages === null) {
    const errors: ClaimError[] = [];
    if (cost !== Number.POSITIVE_INFINITY) errors.push(contradiction("a cost without a plan"));
    if (figures !== null) errors.push(contradiction("figures without a plan"));
    if (outcome.firstMs !== null || outcome.bestMs !== null) errors.push(contradiction("a time to the plan without a plan"));
    return errors;
  }
  const violations = checkStages(request.instance, stages);
  if (violations.length > 0) return violations.map((violation) => ({ kind: "violation", violation }));
  if (figures === null) return [contradiction("a plan without figures")];
  const tally = tallyStages(request.instance, stages);
  const actual = costOf(request, stages, tally);
  const errors = [...compareFigures(figures, tally), ...compare("cost", cost, actual, costScale(request, tally, actual))];
  if (bound > cost && !isClose(bound, cost)) errors.push(contradiction(`the bound ${bound} is above the cost ${cost}`));
  if (outcome.proved && !isClose(bound, cost)) errors.push(contradiction(`proved, but the bound ${bound} is not the cost ${cost}`));
  if (outcome.firstMs === null || outcome.bestMs === null) errors.push(contradiction("a plan without the time it took"));
  else if (!(outcome.firstMs <= outcome.bestMs && outcome.bestMs <= outcome.elapsedMs)) errors.push(contradiction("the times to the first plan, to the best and to the end are out of order"));
  return errors;
}

export function isClose(a: number, b: number, scale = Math.max(Math.abs(a), Math.abs(b))): boolean {
  return a === b || (Number.isFinite(a - b) && Math.abs(a - b) <= CLAIM_TOLERANCE * scale);
}

/** In the objective's unit, from the tally. */
export function costOf({ instance, objective, moving }: Pick<SearchRequest, "instance" | "objective" | "moving">, stages: readonly SearchStage[], tally: Tally): number {
  if (objective.kind === "bottleneck") return tally.bottleneckMs;
  let cost = objective.kind === "demand" ? servedWithin(tally, instance.limits.perSecond ?? 0, objective.figure === "mean" ? "mean" : objective.figure.share) : weightedCost(objective.weights, tally);
  for (const { processor, from, to } of stages) {
    const upTo = moving?.[processor];
    if (upTo) cost += upTo[to]! - upTo[from]!;
  }
  return cost;
}

function weightedCost(weights: Weights, tally: Tally): number {
  return tally.latencyMs * weights.latencyMs + tally.varianceMs2 * weights.varianceMs2 + tally.joules * weights.joules + tally.money * weights.money + tally.grams * weights.grams;
}

/** Positive and negative parts may cancel in a cost; its rounding is that of the parts. */
function costScale({ objective }: Pick<SearchRequest, "objective">, tally: Tally, cost: number): number {
  if (objective.kind === "bottleneck") return Math.abs(cost);
  if (objective.kind === "demand") return Math.abs(cost) * (SERVED_TOLERANCE / CLAIM_TOLERANCE);
  return Math.max(Math.abs(cost), Math.abs(tally.latencyMs * objective.weights.latencyMs));
}

function compareFigures(figures: NonNullable<Outcome["figures"]>, tally: Tally): ClaimError[] {
  const scalars = (["latencyMs", "varianceMs2", "bottleneckMs", "joules", "money", "grams"] as const).flatMap((what) => compare(what, figures[what], tally[what]));
  const nodes = tally.nodeBytes.flatMap((bytes, node) => [...compare(`nodeBytes[${node}]`, figures.nodeBytes[node] ?? Number.NaN, bytes), ...compare(`nodeBusyMs[${node}]`, figures.nodeBusyMs[node] ?? Number.NaN, tally.nodeBusyMs[node]!)]);
  const links = tally.linkBusyMs.flatMap((busyMs, link) => compare(`linkBusyMs[${link}]`, figures.linkBusyMs.get(link) ?? 0, busyMs));
  return [...scalars, ...nodes, ...links];
}

function compare(what: string, claimed: number, actual: number, scale?: number): ClaimError[] {
  return isClose(claimed, actual, scale) ? [] : [{ kind: "figure", what, claimed, actual }];
}

function contradiction(message: string): ClaimError {
  return { kind: "contradiction", message };
}
