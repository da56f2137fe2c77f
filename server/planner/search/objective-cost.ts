// What a candidate costs in the objective, by the cost model alone.
import type { Figures } from "../evaluate.ts";
import type { SearchStage } from "../instance.ts";
import type { SearchObjective, SearchRequest } from "./solver.ts";

/** In the objective's unit: weighted sum (with what moving there costs), or milliseconds of the busiest node or link. */
export function objectiveCost(request: Pick<SearchRequest, "objective" | "moving">, stages: readonly SearchStage[], figures: Figures): number {
  if (request.objective.kind === "bottleneck") return figures.bottleneckMs;
  return weighted(request.objective, figures) + movingCost(request.moving, stages);
}

function weighted(objective: Extract<SearchObjective, { kind: "additive" }>, figures: Figures): number {
  const { weights } = objective;
  return weights.latencyMs * figures.latencyMs + weights.varianceMs2 * figures.varianceMs2 + weights.joules * figures.joules + weights.money * figures.money + weights.grams * figures.grams;
}

function movingCost(moving: SearchRequest["moving"], stages: readonly SearchStage[]): number {
  if (!moving) return 0;
  return stages.reduce((sum, stage) => sum + (moving[stage.processor]?.[stage.to] ?? 0) - (moving[stage.processor]?.[stage.from] ?? 0), 0);
}
