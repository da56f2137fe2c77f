// Owns what a run of "prediction" comes to: errors by model, ranks, worst cases, memory, and which of them are fair to judge. Pure.
import { PREDICTED_SHARE } from "../server/planner/memory-limit.ts";
import { rankCorrelation } from "./rank-correlation.ts";
import type { Figure } from "./report.ts";

/** Of one plan that ran. Milliseconds, requests a second, bytes. */
export type Outcome = {
  model: string;
  label: string;
  estimate: { latencyMs: number; throughputPerSecond: number };
  latencyMs: number;
  throughputPerSecond: number;
  /** Resident bytes of each node used, and what was predicted; 0 = not read. */
  memory: readonly { bytes: number; predictedBytes: number }[];
  /** How many times longer the whole model took than its profile says. */
  pace: { latency: number; throughput: number };
  /** What was predicted, at that pace. */
  paced: { latencyMs: number; throughputPerSecond: number };
  /** Share of the cores that nobody used at full throughput; null = the system does not tell. */
  idle: number | null;
};

/** With less, the programs of three machines wait for the cores of one: what was measured is this machine's limit and no plan's. */
export const LEAST_IDLE = 0.1;
const TARGET_ERROR_PERCENT = 10;
const TARGET_RANK_CORRELATION = 0.9;
const TARGET_MEMORY_PERCENT = 15;
const WORST_LISTED = 3;

/** Percent of the measured value; above 0 = predicted too low. */
export const errorPercent = (measured: number, predicted: number): number => ((measured - predicted) / measured) * 100;
export const hadRoom = ({ idle }: Pick<Outcome, "idle">): boolean => idle === null || idle >= LEAST_IDLE;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const absolute = (values: readonly number[]): number => mean(values.map(Math.abs));
const latencyError = (one: Outcome): number => errorPercent(one.latencyMs, one.paced.latencyMs);
const throughputError = (one: Outcome): number => errorPercent(one.throughputPerSecond, one.paced.throughputPerSecond);

export function predictionFigures(outcomes: readonly Outcome[]): Figure[] {
  const roomy = outcomes.filter(hadRoom);
  const models = [...new Set(outcomes.map((one) => one.model))];
  const ofModel = (model: string, from = outcomes) => from.filter((one) => one.model === model);
  const ranks = models.filter((model) => ofModel(model).length > 2).map((model) => ({ model, rho: rankCorrelation(ofModel(model).map((one) => one.paced.latencyMs), ofModel(model).map((one) => one.latencyMs)) }));
  const memory = outcomes.flatMap((one) => one.memory.filter((node) => node.bytes > 0).map((node) => errorPercent(node.bytes, node.predictedBytes)));
  const paces = outcomes.flatMap((one) => [one.pace.latency, one.pace.throughput]);
  return [
    ...models.map((model): Figure => ({ figure: `${model}: latency, mean absolute error over ${ofModel(model).length} plans`, value: absolute(ofModel(model).map(latencyError)), unit: "%" })),
    ...models.filter((model) => ofModel(model, roomy).length > 0).map((model): Figure => ({ figure: `${model}: throughput, mean absolute error over ${ofModel(model, roomy).length} plans`, value: absolute(ofModel(model, roomy).map(throughputError)), unit: "%" })),
    ...ranks.map(({ model, rho }): Figure => ({ figure: `${model}: rank correlation of latency`, value: rho, unit: "rho" })),
    ...worst(outcomes, "latency", latencyError), ...worst(roomy, "throughput", throughputError),
    { figure: `latency at the machine's pace, mean absolute error over ${outcomes.length} plans of ${models.length} models`, value: absolute(outcomes.map(latencyError)), unit: "%", target: { op: "<=", than: TARGET_ERROR_PERCENT } },
    { figure: "latency at the machine's pace, mean signed error (above 0: slower than predicted)", value: mean(outcomes.map(latencyError)), unit: "%" },
    { figure: "latency as it was predicted, mean absolute error", value: absolute(outcomes.map((one) => errorPercent(one.latencyMs, one.estimate.latencyMs))), unit: "%" },
    { figure: "the machine's pace meanwhile, times the profile's, least", value: Math.min(...paces), unit: "x" },
    { figure: "the machine's pace meanwhile, times the profile's, most", value: Math.max(...paces), unit: "x" },
    ...(roomy.length === 0 ? [] : [
      { figure: `throughput at the machine's pace, mean absolute error over ${roomy.length} plans`, value: absolute(roomy.map(throughputError)), unit: "%", target: { op: "<=" as const, than: TARGET_ERROR_PERCENT } },
      { figure: "throughput at the machine's pace, mean signed error (above 0: faster than predicted)", value: mean(roomy.map(throughputError)), unit: "%" },
    ]),
    { figure: `plans whose throughput this machine's cores could not carry (less than ${LEAST_IDLE * 100} % idle)`, value: outcomes.length - roomy.length, unit: "plans" },
    ...(ranks.length === 0 ? [] : [{ figure: "rank correlation of latency, mean over models", value: mean(ranks.map((one) => one.rho)), unit: "rho", target: { op: ">=" as const, than: TARGET_RANK_CORRELATION } }]),
    ...(memory.length === 0 ? [] : [
      { figure: `memory of ${memory.length} nodes' stages, largest error`, value: Math.max(...memory.map(Math.abs)), unit: "%", target: { op: "<=" as const, than: TARGET_MEMORY_PERCENT } },
      { figure: "memory held beyond what was predicted, of any node, at most (what plans leave free is more)", value: Math.max(...memory), unit: "%", target: { op: "<=" as const, than: Math.round((1 - PREDICTED_SHARE) * 10_000) / 100 } },
      { figure: "memory, mean signed error (above 0: more than predicted)", value: mean(memory), unit: "%" },
    ]),
  ];
}

function worst(outcomes: readonly Outcome[], what: string, errorOf: (one: Outcome) => number): Figure[] {
  return outcomes.toSorted((a, b) => Math.abs(errorOf(b)) - Math.abs(errorOf(a))).slice(0, WORST_LISTED).map((one) => ({ figure: `worst ${what}: ${one.model}, ${one.label}`, value: errorOf(one), unit: "%" }));
}
