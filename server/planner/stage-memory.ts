// Owns what a stage's process holds: the process itself + its weights + what its layers work with + frames on their way in and out.

/** Fixed cost of a stage's process: Node, ONNX Runtime, the session's thread, transport (measured: 104–108 MB with next to nothing loaded). */
export const STAGE_PROCESS_BYTES = 106_000_000;
/** Weights once resident: read from the mapped file, packed anew, the original let go (measured 1.0–1.1). */
const WEIGHT_RESIDENCY = 1.05;
/** Of tables that rows are looked up in: pages of a file, of which those in use are resident. A vocabulary's common words are a small part of it. */
const TABLE_RESIDENCY = 0.25;

export type MemoryTables = {
  layerWeightBytes: readonly number[];
  /** What searches add up: each layer's own need, frames at the cuts beside it included, whether a stage ends there or not. */
  layerWorkspaceBytes: readonly number[];
  /** Of the weights, tables that rows are looked up in. */
  layerTableBytes?: readonly number[];
  /** The same need apart, where it is known: of layers, and of frames at the n + 1 ends a stage may have. */
  parts?: { layerArenaBytes: readonly number[]; frameBytes: readonly number[] };
  processBytes?: number;
};

/** Memory of a stage over layers [from, to), bytes. Never more than the sum a search makes of the same tables (stage-bytes.ts). */
export function stageMemoryBytes(tables: MemoryTables, from: number, to: number): number {
  let weights = 0;
  let workspace = 0;
  let arena = 0;
  for (let layer = from; layer < to; layer++) {
    weights += (tables.layerWeightBytes[layer] ?? 0) - (1 - TABLE_RESIDENCY) * (tables.layerTableBytes?.[layer] ?? 0);
    workspace = Math.max(workspace, tables.layerWorkspaceBytes[layer] ?? 0);
    arena = Math.max(arena, tables.parts?.layerArenaBytes[layer] ?? 0);
  }
  if (tables.parts) workspace = Math.min(workspace, arena + Math.max(tables.parts.frameBytes[from] ?? 0, tables.parts.frameBytes[to] ?? 0));
  return (tables.processBytes ?? STAGE_PROCESS_BYTES) + Math.ceil(weights * WEIGHT_RESIDENCY) + workspace;
}
