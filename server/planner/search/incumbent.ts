// Owns the best plan so far: takes candidates from every part of a search, keeps the cheapest that breaks no constraint, and tells of it.
import { evaluate, type Figures } from "../evaluate.ts";
import type { SearchStage } from "../instance.ts";
import { objectiveCost } from "./objective-cost.ts";
import type { SearchContext, SearchRequest } from "./solver.ts";
import { type Violation, violations } from "./violations.ts";

export type Incumbent = {
  /** Takes the candidate if it is feasible and cheaper. Returns what it breaks; empty = feasible, taken or not; null = no chain at all. */
  offer(stages: readonly SearchStage[], by: string): Violation[] | null;
  /** Raises the proven bound; what is lower than the one known is ignored. */
  raise(bound: number): void;
  best(): { stages: SearchStage[] | null; cost: number; figures: Figures | null; bound: number; by: string; firstMs: number | null; bestMs: number | null };
};

/** Costs closer than this, relatively, count as equal. */
export const TIE = 1e-10;

export function createIncumbent(request: SearchRequest, context: SearchContext, startedMs: number): Incumbent {
  let best: ReturnType<Incumbent["best"]> = { stages: null, cost: Number.POSITIVE_INFINITY, figures: null, bound: Number.NEGATIVE_INFINITY, by: "nothing", firstMs: null, bestMs: null };
  const tell = (by: string) => context.onProgress?.({ stages: best.stages, cost: best.cost, bound: best.bound, elapsedMs: context.now() - startedMs, by });
  return {
    offer(stages, by) {
      const figures = evaluate(request.instance, stages);
      if (!figures) return null;
      const broken = violations(request.instance, stages, figures);
      if (broken.length > 0) return broken;
      const cost = objectiveCost(request, stages, figures);
      if (cost < best.cost - TIE * Math.abs(best.cost === Number.POSITIVE_INFINITY ? 0 : best.cost)) {
        const elapsedMs = context.now() - startedMs;
        best = { ...best, stages: stages.map((stage) => ({ ...stage })), cost, figures, by, firstMs: best.firstMs ?? elapsedMs, bestMs: elapsedMs };
        tell(by);
      }
      return [];
    },
    raise(bound) {
      if (!(bound > best.bound)) return;
      best = { ...best, bound };
      tell("bound");
    },
    best: () => best,
  };
}
