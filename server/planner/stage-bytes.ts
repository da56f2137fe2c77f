// Owns a stage's memory as prefix sums: process + what stays + the largest workspace.
import type { Processor } from "./instance.ts";
import type { Problem } from "./problem.ts";
import { stageMemoryBytes } from "./stage-memory.ts";

/** The cost model rounds each stage's weights up to a byte; sums of layers do not. This much is added so that no search takes a stage that a check refuses. */
export const STAGE_BYTES_SLACK = 1;

export function stageBytesTable(problem: Problem): Pick<Processor, "stageBytes" | "residentBytes" | "workspaceBytes"> {
  const light: Problem = { ...problem, layerWorkspaceBytes: problem.layerWorkspaceBytes.map(() => 0) };
  const empty = stageMemoryBytes(light, 0, 0);
  return {
    stageBytes: empty + STAGE_BYTES_SLACK,
    residentBytes: Float64Array.from({ length: problem.layerCount + 1 }, (_, at) => stageMemoryBytes(light, 0, at) - empty),
    workspaceBytes: Float64Array.from(problem.layerWorkspaceBytes),
  };
}
