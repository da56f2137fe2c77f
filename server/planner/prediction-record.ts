// Owns how far predictions were off the last time they were held against real agents: written by `npm run bench -- prediction --record`, shown in the console and in docs/PLANNING.md.

/** Mean absolute errors over a model's plans, percent of what was measured. `latencyRank`: Spearman's correlation of predicted and measured latencies. `memoryPercent`: the largest of any node; null = resident bytes could not be read. */
export type ModelErrors = { name: string; plans: number; latencyPercent: number; throughputPercent: number; latencyRank: number; memoryPercent: number | null };
/** Milliseconds or requests a second; `percent` above 0 = more was measured than predicted. */
export type WorstCase = { model: string; plan: string; what: "latency" | "throughput"; predicted: number; measured: number; percent: number };
export type PredictionRecord = { /** Day, "2026-01-31". */ on: string; estimatorVersion: number; machine: string; models: readonly ModelErrors[]; worst: readonly WorstCase[] };

export const PREDICTION_RECORD: PredictionRecord = {
  on: "", estimatorVersion: 0, machine: "",
  models: [],
  worst: [],
};
