// Owns the best plan and bound of a search that is made of additive searches: counts solves, shares out the time, and turns what was found into an outcome.
import { evaluate, type Figures } from "../evaluate.ts";
import type { Instance, SearchStage } from "../instance.ts";
import type { Weights } from "./additive-costs.ts";
import type { Outcome, SearchContext, SearchRequest, Solver } from "./solver.ts";

export const NO_WEIGHTS: Weights = { latencyMs: 0, varianceMs2: 0, joules: 0, money: 0, grams: 0 };
const PROVED = 1e-9;

export type BestFigure = {
  stages: SearchStage[] | null;
  figures: Figures | null;
  cost: number;
  bound: number;
  /** Solves the instance for the weights and offers what is found. */
  solve(instance: Instance, weights: Weights, share: number): Outcome;
  offer(stages: readonly SearchStage[] | null, by: string): void;
  raise(bound: number): void;
  stop(): boolean;
  outcome(impossible: boolean): Outcome;
};

export type FigureSearch = Pick<SearchRequest, "instance" | "moving" | "seeds"> & {
  additive: Solver;
  context: SearchContext;
  /** True: what moving costs counts in each search; else only where latency does, and not for a variance alone. */
  alwaysMoving?: boolean;
  /** What is minimised; Infinity for a plan that may not be. */
  figureOf(figures: Figures, stages: readonly SearchStage[]): number;
};

export function bestFigure({ additive, context, instance, moving, seeds, figureOf, alwaysMoving = false }: FigureSearch): BestFigure {
  const startedMs = context.now();
  let firstMs: number | null = null;
  let bestMs: number | null = null;
  let by = "nothing";
  const tell = (who: string) => context.onProgress?.({ stages: best.stages, cost: best.cost, bound: best.bound, elapsedMs: context.now() - startedMs, by: who });
  const best: BestFigure = {
    stages: null,
    figures: null,
    cost: Number.POSITIVE_INFINITY,
    bound: Number.NEGATIVE_INFINITY,
    solve(limited, weights, share) {
      const now = context.now();
      const known = [...(seeds ?? []), ...(best.stages ? [best.stages] : [])];
      const { onProgress: _, ...quiet } = context;
      const outcome = additive.solve({ instance: limited, objective: { kind: "additive", weights }, ...(moving && (alwaysMoving || weights.latencyMs > 0) ? { moving } : {}), ...(known.length > 0 ? { seeds: known } : {}) }, { ...quiet, deadlineMs: now + Math.max(0, context.deadlineMs - now) * share });
      best.offer(outcome.stages, outcome.by);
      return outcome;
    },
    offer(stages, who) {
      const figures = stages ? evaluate(instance, stages) : null;
      if (!stages || !figures) return;
      const cost = figureOf(figures, stages);
      if (!(cost < best.cost)) return;
      bestMs = context.now() - startedMs;
      firstMs ??= bestMs;
      Object.assign(best, { stages: [...stages], figures, cost });
      by = who;
      tell(who);
    },
    raise(bound) {
      const atMost = Math.min(bound, best.cost);
      if (!(atMost > best.bound) || best.stages === null) return;
      best.bound = atMost;
      tell("bound");
    },
    stop: () => context.cancelled() || context.now() >= context.deadlineMs,
    outcome(impossible) {
      const { stages, figures, cost } = best;
      const bound = impossible ? Number.POSITIVE_INFINITY : best.bound;
      return { stages, cost, figures, bound, proved: impossible || (stages !== null && cost <= bound + PROVED * Math.abs(bound)), elapsedMs: context.now() - startedMs, firstMs, bestMs, by };
    },
  };
  return best;
}
