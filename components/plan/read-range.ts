// Owns layers as a person types them: "3", "3-7" or "3–7", counted from 1. Pure.
import type { LayerRange } from "../../server/model/model.ts";

/** Null where it is no range of the model's layers. */
export function readRange(text: string, layerCount: number): LayerRange | null {
  const parts = /^\s*(\d{1,6})\s*(?:[-–]\s*(\d{1,6})\s*)?$/.exec(text);
  if (!parts) return null;
  const from = Number(parts[1]) - 1;
  const to = Number(parts[2] ?? parts[1]);
  return from >= 0 && from < to && to <= layerCount ? { from, to } : null;
}
