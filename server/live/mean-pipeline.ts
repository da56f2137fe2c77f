// Owns what a placement is measured to take while it serves, to be held against what was predicted of it: the pipeline's time, which has no processor's in it.
import { readSamples, type SampleRing } from "./sample-ring.ts";

/** Mean of a deployment's medians of each second, milliseconds; null = no request ran between `fromMs` and `toMs`. */
export function meanPipelineMs(ring: SampleRing | undefined, fromMs: number, toMs: number): number | null {
  const values = ring ? readSamples(ring, fromMs).filter((row) => row.atMs <= toMs).flatMap((row) => row.figures[6] ?? []) : [];
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
