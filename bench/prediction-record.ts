// Owns the record of a run of "prediction": what the console and the docs tell of how far predictions were off. Written by `--record`, never by hand.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import { ESTIMATOR_VERSION } from "../server/planner/estimate.ts";
import type { ModelErrors, PredictionRecord, WorstCase } from "../server/planner/prediction-record.ts";
import { errorPercent as off, hadRoom, type Outcome } from "./prediction-figures.ts";
import { rankCorrelation } from "./rank-correlation.ts";

export type Compared = Pick<Outcome, "model" | "label" | "estimate" | "paced" | "latencyMs" | "throughputPerSecond" | "memory" | "idle">;

const WORST = 5;
const RECORD_FILE = path.resolve(import.meta.dirname, "../server/planner/prediction-record.ts");
const DOCS_FILE = path.resolve(import.meta.dirname, "../docs/PLANNING.md");
const BEGIN = "<!-- prediction-record -->";
const END = "<!-- /prediction-record -->";

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
const rounded = (value: number): number => Number(value.toFixed(2));

export function recordOf(outcomes: readonly Compared[], on: string): PredictionRecord {
  const names = [...new Set(outcomes.map((one) => one.model))];
  const models = names.map((name): ModelErrors => {
    const plans = outcomes.filter((one) => one.model === name);
    const memory = plans.flatMap((one) => one.memory.filter((node) => node.bytes > 0).map((node) => Math.abs(off(node.bytes, node.predictedBytes))));
    const roomy = plans.filter(hadRoom);
    return {
      name, plans: plans.length,
      latencyPercent: rounded(mean(plans.map((one) => Math.abs(off(one.latencyMs, one.paced.latencyMs))))),
      unpacedPercent: rounded(mean(plans.map((one) => Math.abs(off(one.latencyMs, one.estimate.latencyMs))))),
      throughputPlans: roomy.length,
      throughputPercent: roomy.length === 0 ? null : rounded(mean(roomy.map((one) => Math.abs(off(one.throughputPerSecond, one.paced.throughputPerSecond))))),
      latencyRank: rounded(rankCorrelation(plans.map((one) => one.paced.latencyMs), plans.map((one) => one.latencyMs))),
      memoryPercent: memory.length === 0 ? null : rounded(Math.max(...memory)),
    };
  });
  const cases = outcomes.flatMap((one): WorstCase[] => [
    { model: one.model, plan: one.label, what: "latency", predicted: rounded(one.paced.latencyMs), measured: rounded(one.latencyMs), percent: rounded(off(one.latencyMs, one.paced.latencyMs)) },
    ...(hadRoom(one) ? [{ model: one.model, plan: one.label, what: "throughput" as const, predicted: rounded(one.paced.throughputPerSecond), measured: rounded(one.throughputPerSecond), percent: rounded(off(one.throughputPerSecond, one.paced.throughputPerSecond)) }] : []),
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
    "| model | plans | latency off by | as predicted, without the pace | throughput off by | rank of latencies | memory off by at most |", "|---|---|---|---|---|---|---|",
    ...models.map((one) => `| ${one.name} | ${one.plans} | ${one.latencyPercent} % | ${one.unpacedPercent} % | ${one.throughputPercent === null ? "not judged" : `${one.throughputPercent} % (${one.throughputPlans} plans)`} | ${one.latencyRank} | ${one.memoryPercent === null ? "not read" : `${one.memoryPercent} %`} |`), "",
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
