// Owns which sizes stand in for a model's symbolic dimensions when it is warmed up or measured.
import type { Dimension } from "../../agents/protocol/tensor.ts";

/** `values`: those the model's figures were computed with. A dimension nobody named is 1. */
export function resolveShape(shape: readonly Dimension[] | null, values: Readonly<Record<string, number>>): number[] {
  return (shape ?? []).map((dimension) => (typeof dimension === "number" ? dimension : (values[dimension] ?? 1)));
}
