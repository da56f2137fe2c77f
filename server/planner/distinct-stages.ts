// Owns which stages are one process: what several replicas have alike is loaded once. Pure.
import { isSameStage } from "./node-modes.ts";
import type { Placement } from "./plan.ts";

/** The first of each, in their order. */
export function distinctStages(stages: Placement): Placement {
  return stages.filter((stage, index) => stages.findIndex((other) => isSameStage(stage, other)) === index);
}
