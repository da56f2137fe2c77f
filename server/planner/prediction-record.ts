// Owns how far predictions were off the last time they were held against real agents: written by `npm run bench -- prediction --record`, shown in the console and in docs/PLANNING.md.

/**
 * Mean absolute errors over a model's plans, percent of what was measured. `latencyPercent` and `throughputPercent` hold the prediction at the pace that the machine had
 * meanwhile (the whole model run by turns with the requests, against its profile); `unpacedPercent` is the latency's without that. `throughputPlans`: those that
 * the machine's cores could carry. `latencyRank`: Spearman's correlation of predicted and measured latencies. `memoryPercent`: the largest of any node; null = resident bytes could not be read.
 */
export type ModelErrors = { name: string; plans: number; latencyPercent: number; unpacedPercent: number; throughputPlans: number; throughputPercent: number | null; latencyRank: number; memoryPercent: number | null };
/** Milliseconds or requests a second; `percent` above 0 = more was measured than predicted. */
export type WorstCase = { model: string; plan: string; what: "latency" | "throughput"; predicted: number; measured: number; percent: number };
export type PredictionRecord = { /** Day, "2026-01-31". */ on: string; estimatorVersion: number; machine: string; models: readonly ModelErrors[]; worst: readonly WorstCase[] };

export const PREDICTION_RECORD: PredictionRecord = {
  on: "2026-11-27",
  estimatorVersion: 3,
  machine: "three agents, a console and the client on one machine of 2 cores, links emulated",
  models: [
    { name: "ocr-recognition", plans: 9, latencyPercent: 5.24, unpacedPercent: 4.99, throughputPlans: 7, throughputPercent: 7.51, latencyRank: 0.98, memoryPercent: 12.84 },
    { name: "bert-shaped", plans: 9, latencyPercent: 10.75, unpacedPercent: 24.02, throughputPlans: 4, throughputPercent: 7.41, latencyRank: 0.93, memoryPercent: 11.18 },
    { name: "ocr-orientation", plans: 9, latencyPercent: 12.91, unpacedPercent: 18.45, throughputPlans: 6, throughputPercent: 1.08, latencyRank: 0.95, memoryPercent: 16.51 },
    { name: "resnet-shaped", plans: 9, latencyPercent: 19.52, unpacedPercent: 21.36, throughputPlans: 7, throughputPercent: 20.18, latencyRank: 0.97, memoryPercent: 10.26 },
    { name: "sentence-encoder", plans: 9, latencyPercent: 10.08, unpacedPercent: 7.56, throughputPlans: 6, throughputPercent: 1.86, latencyRank: 0.98, memoryPercent: 10.86 },
    { name: "ocr-detection", plans: 9, latencyPercent: 2.67, unpacedPercent: 15.61, throughputPlans: 5, throughputPercent: 3.88, latencyRank: 1, memoryPercent: 9.99 },
  ],
  worst: [
    { model: "resnet-shaped", plan: "whole at the ingress", what: "throughput", predicted: 59.52, measured: 26.1, percent: -128.03 },
    { model: "resnet-shaped", plan: "whole at the ingress", what: "latency", predicted: 20.98, measured: 60.37, percent: 65.25 },
    { model: "ocr-recognition", plan: "whole at the ingress", what: "throughput", predicted: 26.16, measured: 17.53, percent: -49.26 },
    { model: "ocr-orientation", plan: "whole at the ingress", what: "latency", predicted: 16.69, measured: 25.56, percent: 34.69 },
    { model: "ocr-orientation", plan: "gateway, ingress, server", what: "latency", predicted: 81.58, measured: 105.1, percent: 22.38 },
  ],
};
