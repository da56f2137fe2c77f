// What a candidate costs in the objective, by the cost model alone.
import { latencyUnder } from "../demand.ts";
import type { Figures } from "../evaluate.ts";
import type { SearchStage } from "../instance.ts";
import type { SearchObjective, SearchRequest } from "./solver.ts";

/** In the objective's unit: weighted sum or latency under the demand (with what moving there costs), or milliseconds of the busiest node or link. */
export function objectiveCost(request: Pick<SearchRequest, "instance" | "objective" | "moving">, stages: readonly SearchStage[], figures: Figures): number {
  if (request.objective.kind === "bottleneck") return figures.bottleneckMs;
  const moving = movingCost(request.moving, stages);
  if (request.objective.kind === "demand") return latencyUnder(figures, request.instance.limits.perSecond ?? 0, request.objective.figure) + moving;
  return weighted(request.objective, figures) + moving;
}

function weighted(objective: Extract<SearchObjective, { kind: "additive" }>, figures: Figures): number {
  const { weights } = objective;
  return weights.latencyMs * figures.latencyMs + weights.varianceMs2 * figures.varianceMs2 + weights.joules * figures.joules + weights.money * figures.money + weights.grams * figures.grams;
}

/** In cost units. */
export function movingCost(moving: SearchRequest["moving"], stages: readonly SearchStage[]): number {
  if (!moving) return 0;
  return stages.reduce((sum, stage) => sum + (moving[stage.processor]?.[stage.to] ?? 0) - (moving[stage.processor]?.[stage.from] ?? 0), 0);
}
