// Owns what replicas cost each other, in words. Pure.
import { estimatePlacement } from "../estimate.ts";
import type { Placement } from "../plan.ts";
import type { Problem } from "../problem.ts";
import { combineReplicas } from "./combine-replicas.ts";
import { enteredAtFirst } from "./entered-at-first.ts";

/** Less is rounding. */
const LEAST_TOLD = 1e-6;

/** Of two and more. Empty where nothing that they share is busy all the time. */
export function saySharing(drawn: Problem, placements: readonly Placement[]): string[] {
  const problem = enteredAtFirst(drawn, placements[0] ?? []);
  const estimates = placements.flatMap((placement) => estimatePlacement(problem, placement) ?? []);
  const apartPerSecond = estimates.reduce((sum, one) => sum + one.throughputPerSecond, 0);
  const { throughputPerSecond } = combineReplicas(problem, estimates);
  if (placements.length < 2 || throughputPerSecond >= apartPerSecond * (1 - LEAST_TOLD)) return [];
  return [`What they share keeps them from ${apartPerSecond.toFixed(1)} requests/s, which is what they would carry on nodes and links of their own.`];
}
