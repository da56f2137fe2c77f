// Owns how objectives and costs are said. Pure.
import type { PlanObjective } from "../../server/planner/plan-request.ts";
import { COST_UNITS } from "../../server/planner/placement-cost.ts";
import { digits, ms, type Written } from "../format.ts";

export const OBJECTIVES: readonly { key: PlanObjective; name: string; /** What a cost is of. */ of: string }[] = [
  { key: "latency", name: "lowest latency", of: "latency" },
  { key: "throughput", name: "most requests/s", of: "time of the slowest" },
  { key: "energy", name: "least energy", of: "energy a request" },
  { key: "money", name: "least money", of: "money a request" },
  { key: "carbon", name: "least carbon", of: "CO₂ a request" },
  { key: "mix", name: "a mix", of: "weighted cost" },
];
export const costOf = (objective: PlanObjective): string => OBJECTIVES.find((one) => one.key === objective)?.of ?? "cost";

/** A cost in the objective's unit. */
export function cost(objective: PlanObjective, value: number | null | undefined): Written {
  if (value === null || value === undefined) return ms(null);
  return COST_UNITS[objective] === "ms" ? ms(value) : { text: digits(value), unit: COST_UNITS[objective] };
}

/** "proved", "0.4 % above the bound", "no bound". */
export function gapText(proved: boolean, gap: number | null): string {
  if (proved) return "proved best";
  if (gap === null) return "no bound yet";
  return gap === 0 ? "at the bound" : `at most ${digits(gap * 100)} % above the best possible`;
}
