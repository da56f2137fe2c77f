// Owns the choices between latency, throughput, energy, money and carbon: plans of which none is better than another in everything. Each comes from an additive
// search for one quantity under a limit on another (ε-constraint), with the bound of that search; limits are halved where neighbours are furthest apart.
import { evaluate, type Figures } from "../evaluate.ts";
import type { Instance, SearchStage } from "../instance.ts";
import type { Weights } from "./additive-costs.ts";
import { NO_WEIGHTS } from "./best-figure.ts";
import { walkBound } from "./bottleneck-bound.ts";
import { bottleneckTables } from "./bottleneck-tables.ts";
import { objectiveCost } from "./objective-cost.ts";
import type { SearchContext, Solver } from "./solver.ts";

export const QUANTITIES = ["latencyMs", "bottleneckMs", "joules", "money", "grams"] as const;
export type Quantity = (typeof QUANTITIES)[number];
/** What one search minimises; the bottleneck is only ever a limit. */
type Minimised = Exclude<Quantity, "bottleneckMs">;

export type FrontPlan = {
  stages: SearchStage[];
  figures: Figures;
  /** What was minimised under which limits, and how close to the least it is proved to be. */
  minimised: Minimised;
  limits: { bottleneckMs: number; latencyMs: number };
  cost: number;
  bound: number;
  proved: boolean;
  by: string;
};

export type FrontRequest = {
  instance: Instance;
  /** Those that matter; latency and bottleneck always do. */
  quantities: readonly Quantity[];
  /** Plans known already, the one with the greatest throughput among them. */
  seeds?: readonly (readonly SearchStage[])[];
  /** Searches at most per pair of quantities. */
  searches?: number;
};

const SEARCHES = 12;
const SHARE_OF_TIME = 0.25;
/** Relative step to what is less busy or quicker: limits are kept to 1e-9. */
const BELOW = 1e-7;
/** Plans closer than this, relatively, in everything are one. */
const SAME = 1e-9;

type Front = { request: FrontRequest; additive: Solver; context: SearchContext; plans: FrontPlan[]; onPlan?: (plans: readonly FrontPlan[]) => void };

/** Sorted by latency. `onPlan` is told of the front each time that a plan joins it. */
export function paretoFront(request: FrontRequest, additive: Solver, context: SearchContext, onPlan?: (plans: readonly FrontPlan[]) => void): FrontPlan[] {
  const front: Front = { request, additive, context, plans: [], ...(onPlan ? { onPlan } : {}) };
  const minimised = request.quantities.filter((quantity) => quantity !== "bottleneckMs" && quantity !== "latencyMs") as Minimised[];
  sweep(front, { minimised: "latencyMs", limit: "bottleneckMs" });
  for (const quantity of minimised) {
    sweep(front, { minimised: quantity, limit: "latencyMs" });
    sweep(front, { minimised: quantity, limit: "bottleneckMs" });
  }
  return front.plans;
}

type Sweep = { minimised: Minimised; limit: "bottleneckMs" | "latencyMs" };
/** Plans whose limited quantity is between: `highMs` was searched, what is below `lowMs` is impossible. */
type Gap = { lowMs: number; highMs: number };

/** From no limit down: each search's plan shows how far the next limit must go; wide gaps between are halved. */
function sweep(front: Front, { minimised, limit }: Sweep): void {
  const { instance } = front.request;
  const first = search(front, { minimised, limit, limitMs: instance.limits[limit] });
  if (!first) return;
  const leastMs = limit === "bottleneckMs" ? leastBottleneckMs(front, first.figures.bottleneckMs) : leastLatencyMs(front, first.figures.latencyMs);
  const gaps: Gap[] = [{ lowMs: leastMs, highMs: first.figures[limit] }];
  for (let searches = 1; searches < (front.request.searches ?? SEARCHES) && gaps.length > 0 && !stopped(front); searches++) {
    gaps.sort((a, b) => b.highMs / Math.max(b.lowMs, Number.MIN_VALUE) - a.highMs / Math.max(a.lowMs, Number.MIN_VALUE));
    const gap = gaps.shift()!;
    if (gap.highMs * (1 - BELOW) <= gap.lowMs) continue;
    const limitMs = searches === 1 ? gap.lowMs * (1 + 0.01) : Math.min(gap.highMs * (1 - BELOW), Math.sqrt(Math.max(gap.lowMs, Number.MIN_VALUE) * gap.highMs));
    const found = search(front, { minimised, limit, limitMs });
    // Nothing is that quick: the rest of the gap is above.
    if (!found) {
      gaps.push({ lowMs: limitMs, highMs: gap.highMs });
      continue;
    }
    gaps.push({ lowMs: limitMs, highMs: gap.highMs }, { lowMs: gap.lowMs, highMs: Math.min(limitMs, found.figures[limit]) });
  }
}

function search(front: Front, { minimised, limit, limitMs }: Sweep & { limitMs: number }): FrontPlan | null {
  const { request, additive, context } = front;
  const { instance } = request;
  const limits = { ...instance.limits, [limit]: Math.min(limitMs, instance.limits[limit]) };
  const weights: Weights = { ...NO_WEIGHTS, [minimised]: 1 };
  const objective = { kind: "additive", weights } as const;
  const seeds = [...(request.seeds ?? []), ...front.plans.map((plan) => plan.stages)];
  const now = context.now();
  const { onProgress: _, ...quiet } = context;
  const outcome = additive.solve({ instance: { ...instance, limits }, objective, ...(seeds.length > 0 ? { seeds } : {}) }, { ...quiet, deadlineMs: now + Math.max(0, context.deadlineMs - now) * SHARE_OF_TIME });
  if (!outcome.stages) return null;
  const figures = evaluate(instance, outcome.stages)!;
  const plan: FrontPlan = { stages: outcome.stages, figures, minimised, limits: { bottleneckMs: limits.bottleneckMs, latencyMs: limits.latencyMs }, cost: objectiveCost({ instance, objective }, outcome.stages, figures), bound: outcome.bound, proved: outcome.proved, by: outcome.by };
  join(front, plan);
  return plan;
}

function join(front: Front, plan: FrontPlan): void {
  const quantities = ["latencyMs", "bottleneckMs", ...front.request.quantities] as const;
  const noBetter = (a: FrontPlan, b: FrontPlan) => quantities.every((quantity) => a.figures[quantity] >= b.figures[quantity] * (1 - SAME));
  if (front.plans.some((other) => noBetter(plan, other))) return;
  front.plans = [...front.plans.filter((other) => !noBetter(other, plan)), plan].sort((a, b) => a.figures.latencyMs - b.figures.latencyMs);
  front.onPlan?.(front.plans);
}

function leastBottleneckMs(front: Front, attainedMs: number): number {
  return walkBound(bottleneckTables(front.request.instance), { boundMs: 0, attainedMs, precision: 1e-4 }, () => stopped(front));
}

function leastLatencyMs(front: Front, attainedMs: number): number {
  return Math.min(attainedMs, ...front.plans.filter((plan) => plan.minimised === "latencyMs" && plan.bound > 0).map((plan) => plan.bound));
}

function stopped({ context }: Front): boolean {
  return context.cancelled() || context.now() >= context.deadlineMs;
}
