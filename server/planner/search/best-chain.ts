// Owns the best plan of a throughput search so far and the best bound: what is offered is judged by the cost model, what is kept is told. Ties go to the lower latency.
import { evaluate, type Figures } from "../evaluate.ts";
import type { SearchStage } from "../instance.ts";
import { chainHolds } from "./chain-holds.ts";
import type { Outcome, SearchContext, SearchRequest } from "./solver.ts";

/** Bottlenecks closer than this, relatively, are the same: sums of floats in another order. */
const TIE = 1e-11;
const PROVED = 1e-9;
/** Searches ask at every small step; the clock is read at every so many. */
const ASKS_PER_READING = 8;

export type BestChain = {
  stages: SearchStage[] | null;
  figures: Figures | null;
  boundMs: number;
  /** Least bottleneck known, Infinity without a plan. */
  costMs: number;
  /** The chain's bottleneck, Infinity where it is no plan. Kept if it is the best. */
  offer(stages: readonly SearchStage[], by: string): number;
  raise(boundMs: number): void;
  stop(): boolean;
  proved(): boolean;
  outcome(finally_: { impossible: boolean }): Outcome;
};

export function bestChain(request: SearchRequest, context: SearchContext): BestChain {
  const startedMs = context.now();
  let firstMs: number | null = null;
  let bestMs: number | null = null;
  let by = "nothing";
  /** Ties are against the least ever, so that they never add up. */
  let leastMs = Number.POSITIVE_INFINITY;
  let asks = 0;
  let stopped = false;
  const tell = (who: string) => context.onProgress?.({ stages: best.stages, cost: best.costMs, bound: best.boundMs, elapsedMs: context.now() - startedMs, by: who });
  const best: BestChain = {
    stages: null,
    figures: null,
    boundMs: Number.NEGATIVE_INFINITY,
    costMs: Number.POSITIVE_INFINITY,
    offer(stages, who) {
      const figures = stages.every((stage) => request.instance.processors[stage.processor]) ? evaluate(request.instance, stages) : null;
      if (!figures || !chainHolds(request.instance, stages, figures)) return Number.POSITIVE_INFINITY;
      const lower = figures.bottleneckMs < leastMs * (1 - TIE);
      const tied = figures.bottleneckMs <= leastMs * (1 + TIE) && figures.latencyMs < (best.figures?.latencyMs ?? Number.POSITIVE_INFINITY);
      leastMs = Math.min(leastMs, figures.bottleneckMs);
      if (best.stages !== null && !lower && !tied) return figures.bottleneckMs;
      best.stages = stages.map((stage) => ({ ...stage }));
      best.figures = figures;
      best.costMs = figures.bottleneckMs;
      by = who;
      bestMs = context.now() - startedMs;
      firstMs ??= bestMs;
      tell(who);
      return figures.bottleneckMs;
    },
    raise(boundMs) {
      const atMost = Math.min(boundMs, best.costMs);
      if (!(atMost > best.boundMs)) return;
      best.boundMs = atMost;
      tell("bound");
    },
    stop() {
      if (!stopped && asks++ % ASKS_PER_READING === 0) stopped = context.cancelled() || context.now() >= context.deadlineMs;
      return stopped;
    },
    proved: () => best.stages !== null && best.costMs <= best.boundMs * (1 + PROVED) + Number.MIN_VALUE,
    outcome({ impossible }) {
      const { stages, figures, costMs } = best;
      const boundMs = impossible && stages === null ? Number.POSITIVE_INFINITY : Math.max(0, best.boundMs);
      return { stages, cost: costMs, figures, bound: boundMs, proved: stages === null ? impossible : best.proved(), elapsedMs: context.now() - startedMs, firstMs, bestMs, by };
    },
  };
  return best;
}
