// Owns the least weighted sum, and the greatest throughput, among the plans that keep to an SLO: a quantile of latency, waiting included. The wait depends on the
// bottleneck T alone. In an interval of T every plan waits as long as its lower end says at least, so a search with that wait bounds all of it; a plan that is late
// with its own wait splits the interval at its T, where the wait is exact from there on.
import { waitOf } from "../queueing.ts";
import { bestFigure, NO_WEIGHTS } from "./best-figure.ts";
import { walkBound } from "./bottleneck-bound.ts";
import { bottleneckTables } from "./bottleneck-tables.ts";
import { objectiveCost } from "./objective-cost.ts";
import { solveAdditive } from "./solve-additive.ts";
import { solveBottleneck } from "./solve-bottleneck.ts";
import type { Outcome, SearchContext, SearchRequest, Solver } from "./solver.ts";
import { meetsSlo } from "./violations.ts";

const MAX_SOLVES = 80;
const TIME_SHARE = 0.3;
/** Relative step to what is less busy, so that a limit kept to 1e-9 leaves out the plan before, and nothing beyond 1e-9 of it. */
const BELOW = 2e-9;

type Interval = { lowMs: number; highMs: number; bound: number; /** A search could not tell more of it. */ exhausted: boolean };

/** Any weighted sum, with an SLO or without. */
export const solveSum: Solver = {
  name: "sum/1",
  label: "Cutplane",
  solve: (request, context) => (request.instance.limits.slo && request.instance.limits.slo.busyMs === undefined ? solveSumWithin(request, context) : solveAdditive.solve(request, context)),
};

function solveSumWithin(request: SearchRequest, context: SearchContext): Outcome {
  const { instance, objective } = request;
  const { slo, perSecond = 0, bottleneckMs: mostMs } = instance.limits;
  if (!slo || objective.kind !== "additive") throw new RangeError("a weighted sum within an SLO is asked for");
  const under = (lowMs: number, highMs: number) => ({ ...instance, limits: { ...instance.limits, bottleneckMs: highMs, slo: { ...slo, busyMs: lowMs } } });
  // Without a demand nobody waits: one search has it all.
  if (perSecond === 0) return solveAdditive.solve({ ...request, instance: under(0, mostMs) }, context);
  const best = bestFigure({ ...request, additive: solveAdditive, context, alwaysMoving: true, figureOf: (figures, stages) => (meetsSlo(instance, figures) ? objectiveCost(request, stages, figures) : Number.POSITIVE_INFINITY) });
  // At this bottleneck requests come as fast as they are served.
  const capMs = Math.min(mostMs, 1000 / perSecond);
  const lowMs = walkBound(bottleneckTables(instance), { boundMs: 0, attainedMs: capMs, precision: 0.01 }, best.stop);
  let open: Interval[] = waitOf(lowMs, perSecond).utilisation < 1 ? [{ lowMs: lowMs * (1 - 1e-9), highMs: capMs, bound: Number.NEGATIVE_INFINITY, exhausted: false }] : [];
  for (let solves = 0; ; solves++) {
    open = open.filter((interval) => !(interval.bound >= best.cost)).sort((a, b) => a.bound - b.bound);
    const at = open.findIndex((interval) => !interval.exhausted);
    if (open.length === 0) break;
    best.raise(open[0]!.bound);
    if (at < 0 || solves >= MAX_SOLVES || best.stop()) return best.outcome(false);
    const [interval] = open.splice(at, 1) as [Interval];
    const outcome = best.solve(under(interval.lowMs, interval.highMs), objective.weights, TIME_SHARE);
    const bound = Math.max(interval.bound, outcome.bound);
    if (!outcome.stages || !outcome.figures) {
      if (!outcome.proved) open.push({ ...interval, bound, exhausted: true });
      continue;
    }
    const { bottleneckMs } = outcome.figures;
    const late = !meetsSlo(instance, outcome.figures);
    if (!late && outcome.proved) continue;
    if (!late || bottleneckMs <= interval.lowMs * (1 + 1e-9)) open.push({ ...interval, bound, exhausted: true });
    else open.push({ ...interval, lowMs: bottleneckMs, bound, exhausted: false }, { ...interval, highMs: bottleneckMs * (1 - BELOW), bound, exhausted: false });
  }
  if (best.stages) best.raise(best.cost);
  return best.outcome(best.stages === null);
}

/** The bottleneck is bisected: is there a plan under it that keeps to the SLO? */
export function solveBottleneckWithin(request: SearchRequest, context: SearchContext): Outcome {
  const { instance } = request;
  const { slo: _, ...limits } = instance.limits;
  const best = bestFigure({ ...request, additive: solveSum, context, figureOf: (figures) => (meetsSlo(instance, figures) ? figures.bottleneckMs : Number.POSITIVE_INFINITY) });
  const latency = { ...NO_WEIGHTS, latencyMs: 1 };
  const first = best.solve(instance, latency, TIME_SHARE);
  if (!first.stages && first.proved) return best.outcome(true);
  const now = context.now();
  const { onProgress: _told, ...quiet } = context;
  const widest = solveBottleneck.solve({ ...request, instance: { ...instance, limits } }, { ...quiet, deadlineMs: now + Math.max(0, context.deadlineMs - now) * TIME_SHARE });
  best.offer(widest.stages, widest.by);
  best.raise(widest.bound);
  let lowMs = Math.max(0, widest.bound);
  for (let solves = 0; solves < MAX_SOLVES && best.stages && !best.stop() && best.cost > lowMs * (1 + 1e-9); solves++) {
    // Mostly the best is the optimum already, which one search proves.
    const capMs = solves % 2 === 0 || lowMs === 0 ? best.cost * (1 - BELOW) : Math.sqrt(lowMs * best.cost);
    const before = best.cost;
    const outcome = best.solve({ ...instance, limits: { ...instance.limits, bottleneckMs: capMs } }, latency, TIME_SHARE);
    if (best.cost < before) continue;
    if (outcome.stages || !outcome.proved) break;
    lowMs = capMs >= best.cost * (1 - BELOW) ? best.cost : capMs;
    best.raise(lowMs);
  }
  return best.outcome(false);
}
