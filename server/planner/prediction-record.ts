// Owns how far predictions were off the last time they were held against real agents: written by `npm run bench -- prediction --record`, shown in the console and in docs/PLANNING.md.

/** Mean absolute errors over a model's plans, percent of what was measured. `latencyRank`: Spearman's correlation of predicted and measured latencies. `memoryPercent`: the largest of any node; null = resident bytes could not be read. */
export type ModelErrors = { name: string; plans: number; latencyPercent: number; throughputPercent: number; latencyRank: number; memoryPercent: number | null };
/** Milliseconds or requests a second; `percent` above 0 = more was measured than predicted. */
export type WorstCase = { model: string; plan: string; what: "latency" | "throughput"; predicted: number; measured: number; percent: number };
export type PredictionRecord = { /** Day, "2026-01-31". */ on: string; estimatorVersion: number; machine: string; models: readonly ModelErrors[]; worst: readonly WorstCase[] };

export const PREDICTION_RECORD: PredictionRecord = {
  on: "2026-11-27",
  estimatorVersion: 3,
  machine: "three agents, a console and the client on one machine of 2 cores, links emulated",
  models: [
    { name: "ocr-recognition", plans: 9, latencyPercent: 2.92, throughputPercent: 0.82, latencyRank: 0.98, memoryPercent: 27.54 },
    { name: "bert-shaped", plans: 9, latencyPercent: 8.68, throughputPercent: 12.26, latencyRank: 0.98, memoryPercent: 11.04 },
    { name: "ocr-orientation", plans: 9, latencyPercent: 7.68, throughputPercent: 4.77, latencyRank: 0.98, memoryPercent: 23.79 },
    { name: "resnet-shaped", plans: 9, latencyPercent: 11.47, throughputPercent: 13.21, latencyRank: 0.97, memoryPercent: 21.34 },
    { name: "sentence-encoder", plans: 9, latencyPercent: 21.85, throughputPercent: 4.85, latencyRank: 0.88, memoryPercent: 12.61 },
    { name: "ocr-detection", plans: 9, latencyPercent: 19.89, throughputPercent: 16.91, latencyRank: 1, memoryPercent: 35.61 },
  ],
  worst: [
    { model: "sentence-encoder", plan: "whole at the gateway", what: "latency", predicted: 29.32, measured: 14.85, percent: -97.36 },
    { model: "resnet-shaped", plan: "whole at the ingress", what: "throughput", predicted: 206.27, measured: 121.6, percent: -69.63 },
    { model: "ocr-detection", plan: "a quarter, then the server", what: "latency", predicted: 1549.8, measured: 994.24, percent: -55.88 },
    { model: "ocr-detection", plan: "whole at the server", what: "latency", predicted: 1112.28, measured: 735.95, percent: -51.13 },
    { model: "ocr-detection", plan: "backwards over all three", what: "latency", predicted: 1175.71, measured: 806.61, percent: -45.76 },
  ],
};
