// A transformer-like chain: blocks of ten ops whose cuts differ widely in bytes, because two or more values are alive inside of a block.
import type { ModelTables } from "./model-tables.ts";

/** Work and weights as shares of a block, values alive after it in multiples of the hidden state (the residual counts where it is still needed). */
const BLOCK = [
  { kind: "elementwise", work: 0.02, weights: 0.001, alive: 2 },
  { kind: "attention", work: 0.22, weights: 0.25, alive: 4 },
  { kind: "attention", work: 0.12, weights: 0, alive: 2 },
  { kind: "attention", work: 0.08, weights: 0.083, alive: 2 },
  { kind: "elementwise", work: 0.01, weights: 0, alive: 1 },
  { kind: "elementwise", work: 0.02, weights: 0.001, alive: 2 },
  { kind: "mlp", work: 0.25, weights: 0.333, alive: 5 },
  { kind: "elementwise", work: 0.02, weights: 0, alive: 5 },
  { kind: "mlp", work: 0.25, weights: 0.332, alive: 2 },
  { kind: "elementwise", work: 0.01, weights: 0, alive: 1 },
] as const;

/** The whole model on a node of speed 1, milliseconds: some 80 GFLOP at 40 GFLOP/s. */
const WHOLE_MS = 2000;
/** Weights of the whole model, bytes: a 7 B model of 16 bit numbers. */
const WHOLE_WEIGHT_BYTES = 14e9;

/** Blocks differ by up to ±20 %; the hidden state is between 0.06 and 0.6 MB (a few dozen tokens up to some hundreds). */
export function transformerModel(random: () => number, layers: number): ModelTables {
  const hiddenBytes = Math.round(60_000 * 10 ** random());
  let scale = 1;
  const rows = Array.from({ length: layers }, (_, layer) => {
    const op = BLOCK[layer % BLOCK.length]!;
    if (layer % BLOCK.length === 0) scale = 0.8 + 0.4 * random();
    return { kind: op.kind, work: op.work * scale * (0.95 + 0.1 * random()), weights: op.weights * scale, aliveBytes: op.alive * hiddenBytes };
  });
  const work = rows.reduce((sum, row) => sum + row.work, 0);
  const weights = rows.reduce((sum, row) => sum + row.weights, 0);
  return {
    kinds: rows.map((row) => row.kind),
    layerMs: rows.map((row) => (row.work / work) * WHOLE_MS),
    weightBytes: rows.map((row) => Math.round((row.weights / weights) * WHOLE_WEIGHT_BYTES)),
    workspaceBytes: rows.map((row) => 2 * row.aliveBytes),
    crossingBytes: [Math.round(hiddenBytes / 4), ...rows.slice(0, -1).map((row) => row.aliveBytes), Math.round(hiddenBytes / 2)],
  };
}
