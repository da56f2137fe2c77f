// Owns what a placement costs in a request's objective, by the cost model: what a search minimises, for any placement a person makes.
import { latencyUnder } from "./demand.ts";
import { movingCost } from "./moving-cost.ts";
import type { Estimate, Placement } from "./plan.ts";
import type { PlanObjective, PlanRequest } from "./plan-request.ts";
import type { Problem } from "./problem.ts";

/** null = a figure it is reckoned from is not known, or requests would wait without end. `running`: of each replica; counts the move, where the request does. */
export function placementCost(problem: Problem, request: PlanRequest, estimate: Estimate, running: readonly Placement[] | null = null): number | null {
  const { costs } = estimate;
  const moving = movingCost(problem, request, running, estimate.stages);
  const plus = (value: number | null | undefined) => (value == null || !Number.isFinite(value) ? null : value + moving);
  switch (request.objective) {
    case "latency": return plus(latencyOf(request, estimate));
    case "throughput": return estimate.bottleneckMs;
    case "energy": return plus(costs?.joules);
    case "money": return plus(costs?.money);
    case "carbon": return plus(costs?.grams);
    case "mix": {
      const weights = request.weights ?? { latencyMs: 1, joules: 0, money: 0, grams: 0 };
      const parts = [[weights.latencyMs, estimate.latencyMs], [weights.joules, costs?.joules], [weights.money, costs?.money], [weights.grams, costs?.grams]] as const;
      return parts.some(([weight, value]) => weight > 0 && value == null) ? null : plus(parts.reduce((sum, [weight, value]) => sum + weight * (value ?? 0), 0));
    }
  }
}

/** What is promised of it: the SLO's share of the requests, else their mean under the demand. */
function latencyOf({ demandPerSecond = 0, slo }: PlanRequest, { latencyMs, varianceMs2 = 0, bottleneckMs }: Estimate): number {
  return latencyUnder({ latencyMs, varianceMs2, bottleneckMs }, demandPerSecond, slo ? { share: slo.quantile } : "mean");
}

/** Of a cost; "" where it is a mix. */
export const COST_UNITS: Record<PlanObjective, string> = { latency: "ms", throughput: "ms", energy: "J", money: "", carbon: "g", mix: "" };
