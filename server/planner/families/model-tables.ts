// What a family's model is: per layer, on a node of speed 1. No machine and no link.

export type ModelTables = {
  /** "attention", "mlp", "conv" …: nodes are not equally good at every kind. One per layer. */
  kinds: readonly string[];
  /** Milliseconds on a node of speed 1. */
  layerMs: readonly number[];
  weightBytes: readonly number[];
  workspaceBytes: readonly number[];
  /** Length n + 1: bytes across each position; the model's input at 0, its output at n. */
  crossingBytes: readonly number[];
};
