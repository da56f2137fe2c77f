// Owns what is told of a run while it goes on.
import type { HistogramBin } from "./latency-histogram.ts";

export type LoadProgress = {
  phase: string;
  elapsedS: number;
  /** The run lasts at least this long. */
  minS: number;
  issued: number;
  answered: number;
  failed: number;
  /** Since the telling before. */
  arrivalsPerSecond: number;
  answersPerSecond: number;
  /** So far, within 5 %; null = nothing answered yet. */
  p50Ns: number | null;
  p90Ns: number | null;
  p99Ns: number | null;
  histogram: HistogramBin[];
  /** Of an accuracy run with labels, over all its sets. `right`: null = not known before the end. */
  accuracy?: { total: number; answered: number; right: number | null };
};
