// Owns the record of a run of "prediction": what the console and the docs tell of how far predictions were off. Written by `--record`, never by hand.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import { ESTIMATOR_VERSION } from "../server/planner/estimate.ts";
import type { ModelErrors, PredictionRecord, WorstCase } from "../server/planner/prediction-record.ts";
import { rankCorrelation } from "./rank-correlation.ts";

/** Of one plan that ran; memory of each node used. Milliseconds, requests a second, bytes. */
export type Compared = { model: string; label: string; estimate: { latencyMs: number; throughputPerSecond: number }; latencyMs: number; throughputPerSecond: number; memory: readonly { bytes: number; predictedBytes: number }[] };

const WORST = 5;
const RECORD_FILE = path.resolve(import.meta.dirname, "../server/planner/prediction-record.ts");
const DOCS_FILE = path.resolve(import.meta.dirname, "../docs/PLANNING.md");
const BEGIN = "<!-- prediction-record -->";
const END = "<!-- /prediction-record -->";

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
const rounded = (value: number): number => Number(value.toFixed(2));
/** Percent of the measured value; above 0 = predicted too low. */
const off = (measured: number, predicted: number): number => ((measured - predicted) / measured) * 100;

export function recordOf(outcomes: readonly Compared[], on: string): PredictionRecord {
  const names = [...new Set(outcomes.map((one) => one.model))];
  const models = names.map((name): ModelErrors => {
    const plans = outcomes.filter((one) => one.model === name);
    const memory = plans.flatMap((one) => one.memory.filter((node) => node.bytes > 0).map((node) => Math.abs(off(node.bytes, node.predictedBytes))));
    return {
      name, plans: plans.length,
      latencyPercent: rounded(mean(plans.map((one) => Math.abs(off(one.latencyMs, one.estimate.latencyMs))))),
      throughputPercent: rounded(mean(plans.map((one) => Math.abs(off(one.throughputPerSecond, one.estimate.throughputPerSecond))))),
      latencyRank: rounded(rankCorrelation(plans.map((one) => one.estimate.latencyMs), plans.map((one) => one.latencyMs))),
      memoryPercent: memory.length === 0 ? null : rounded(Math.max(...memory)),
    };
  });
  const cases = outcomes.flatMap(({ model, label, estimate, latencyMs, throughputPerSecond }): WorstCase[] => [
    { model, plan: label, what: "latency", predicted: rounded(estimate.latencyMs), measured: rounded(latencyMs), percent: rounded(off(latencyMs, estimate.latencyMs)) },
    { model, plan: label, what: "throughput", predicted: rounded(estimate.throughputPerSecond), measured: rounded(throughputPerSecond), percent: rounded(off(throughputPerSecond, estimate.throughputPerSecond)) },
  ]);
  return {
    on, estimatorVersion: ESTIMATOR_VERSION, machine: `three agents, a console and the client on one machine of ${cpus().length} cores, links emulated`, models,
    worst: cases.sort((a, b) => Math.abs(b.percent) - Math.abs(a.percent)).slice(0, WORST),
  };
}

/** As it stands in the docs. */
export function recordTable({ on, estimatorVersion, machine, models, worst }: PredictionRecord): string {
  const unit = { latency: "ms", throughput: "/s" } as const;
  return [
    `Estimator ${estimatorVersion}, ${on}; ${machine}.`, "",
    "| model | plans | latency off by | throughput off by | rank of latencies | memory off by at most |", "|---|---|---|---|---|---|",
    ...models.map((one) => `| ${one.name} | ${one.plans} | ${one.latencyPercent} % | ${one.throughputPercent} % | ${one.latencyRank} | ${one.memoryPercent === null ? "not read" : `${one.memoryPercent} %`} |`), "",
    "Worst cases:", "",
    ...worst.map((one) => `- ${one.model}, ${one.plan}: ${one.what} ${one.predicted} ${unit[one.what]} predicted, ${one.measured} measured (${one.percent > 0 ? "+" : ""}${one.percent} %)`),
  ].join("\n");
}

/** Replaces what the console and the docs tell. */
export function writeRecord(record: PredictionRecord): void {
  const source = readFileSync(RECORD_FILE, "utf8");
  const marker = "export const PREDICTION_RECORD: PredictionRecord = ";
  writeFileSync(RECORD_FILE, `${source.slice(0, source.indexOf(marker))}${marker}${asSource(record)};\n`);
  const docs = readFileSync(DOCS_FILE, "utf8");
  writeFileSync(DOCS_FILE, `${docs.slice(0, docs.indexOf(BEGIN) + BEGIN.length)}\n${recordTable(record)}\n${docs.slice(docs.indexOf(END))}`);
}

function asSource({ models, worst, ...facts }: PredictionRecord): string {
  const line = (value: object) => `{ ${Object.entries(value).map(([key, one]) => `${key}: ${JSON.stringify(one)}`).join(", ")} }`;
  const rows = (list: readonly object[]) => `[\n${list.map((one) => `    ${line(one)},\n`).join("")}  ]`;
  return `{\n${Object.entries(facts).map(([key, one]) => `  ${key}: ${JSON.stringify(one)},\n`).join("")}  models: ${rows(models)},\n  worst: ${rows(worst)},\n}`;
}
