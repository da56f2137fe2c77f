// Owns the way back from a solver's values to a plan.
import type { SearchStage } from "../instance.ts";
import type { Milp } from "./milp.ts";

/** Stages whose column is 1, in order of the model. `value` by name of the column. */
export function readAnswer({ columns }: Milp, value: (name: string) => number): SearchStage[] {
  return columns
    .flatMap(({ stage, name }) => (stage && value(name) > 0.5 ? [stage] : []))
    .sort((a, b) => a.from - b.from);
}

/** Values of all columns that a plan sets, to start a solver from; null = the plan is none of this programme. */
export function startValues(milp: Milp, stages: readonly SearchStage[]): Map<string, number> | null {
  const values = new Map<string, number>();
  const byName = new Set(milp.columns.map((column) => column.name));
  for (const { processor, from, to } of stages) {
    const name = `z_${processor}_${from}_${to}`;
    if (!byName.has(name)) return null;
    values.set(name, 1);
  }
  return values;
}
