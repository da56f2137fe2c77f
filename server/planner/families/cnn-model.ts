import { REFERENCE_GFLOPS } from "./board-fleet.ts";
import type { CnnLayer } from "./cnn-layers.ts";
import type { ModelTables } from "./model-tables.ts";

/** Starting a block's kernels, milliseconds on the reference. */
const DISPATCH_MS = 0.1;

/** A chain of blocks as a family's model. */
export function cnnModel(layers: readonly CnnLayer[]): ModelTables {
  const [first] = layers;
  return {
    kinds: layers.map((layer) => layer.kind),
    layerMs: layers.map((layer) => layer.flops / (REFERENCE_GFLOPS * 1e6) + DISPATCH_MS),
    weightBytes: layers.map((layer) => layer.weightBytes),
    workspaceBytes: layers.map((layer) => layer.inRows * layer.inBytesPerRow + layer.outRows * layer.outBytesPerRow),
    crossingBytes: [first!.inRows * first!.inBytesPerRow, ...layers.map((layer) => layer.outRows * layer.outBytesPerRow)],
  };
}
