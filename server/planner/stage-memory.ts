// Owns what a stage's process holds: the process itself + its weights + the largest working memory of its layers.

/** Fixed cost of a stage's process: Node, ONNX Runtime and its worker (measured: 86 MB and 20 MB a worker). */
export const STAGE_PROCESS_BYTES = 108_000_000;
/** Weights once resident: read from the mapped file, packed anew, the original let go (measured 1.0–1.1). */
const WEIGHT_RESIDENCY = 1.05;

export type MemoryTables = { layerWeightBytes: readonly number[]; layerWorkspaceBytes: readonly number[]; processBytes?: number };

/** Memory of a stage over layers [from, to), bytes. */
export function stageMemoryBytes(tables: MemoryTables, from: number, to: number): number {
  let weights = 0;
  let workspace = 0;
  for (let layer = from; layer < to; layer++) {
    weights += tables.layerWeightBytes[layer] ?? 0;
    workspace = Math.max(workspace, tables.layerWorkspaceBytes[layer] ?? 0);
  }
  return (tables.processBytes ?? STAGE_PROCESS_BYTES) + Math.ceil(weights * WEIGHT_RESIDENCY) + workspace;
}
