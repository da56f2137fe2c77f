// Owns what a person types of an analysis, and what is asked by it. Pure.
import type { AnalysisObjective, AnalysisRequest, PlanWish } from "../../server/policy/analyze/analysis.ts";

export type AnalysisFields = {
  current: boolean; bestLatency: boolean; bestThroughput: boolean; planIds: string[];
  /** Lists of numbers: "1, 2, 4". Threads may be empty: as the plan says. */
  threads: string; maxBatch: string; concurrency: string;
  maxLatencyMs: string; maxMemoryMb: string; minPerSecond: string;
  objective: AnalysisObjective; search: AnalysisRequest["search"]; maxConfigurations: string; windowMs: string; maxWindows: string;
};
export type AnalysisFieldName = "plans" | "threads" | "maxBatch" | "concurrency" | "maxLatencyMs" | "maxMemoryMb" | "minPerSecond" | "maxConfigurations" | "windowMs" | "maxWindows";

export const FIRST_FIELDS: AnalysisFields = { current: true, bestLatency: false, bestThroughput: false, planIds: [], threads: "", maxBatch: "1, 4", concurrency: "1, 2, 4", maxLatencyMs: "", maxMemoryMb: "", minPerSecond: "", objective: "throughput", search: "sweep", maxConfigurations: "64", windowMs: "2000", maxWindows: "10" };

const MAX_IN_LIST = 16;
const MAX_THREADS_IN_LIST = 7;
const BYTES_PER_MB = 1e6;
const BATCH_DELAY_MS = 2;

/** Null `request` = what is wrong stands in `problems`, by field. */
export function requestOf(fields: AnalysisFields): { request: AnalysisRequest | null; problems: Partial<Record<AnalysisFieldName, string>> } {
  const problems: Partial<Record<AnalysisFieldName, string>> = {};
  const list = (name: "threads" | "maxBatch" | "concurrency", most: number, length: number): number[] => {
    const values = fields[name].split(/[\s,;]+/).filter((part) => part !== "").map(Number);
    if (values.length > length || values.some((value) => !Number.isInteger(value) || value < 1 || value > most) || (values.length === 0 && name !== "threads")) problems[name] = `Whole numbers from 1 to ${most}, at most ${length}: 1, 2, 4.`;
    return [...new Set(values)].sort((a, b) => a - b);
  };
  const bound = (name: "maxLatencyMs" | "maxMemoryMb" | "minPerSecond"): number | undefined => {
    if (fields[name].trim() === "") return undefined;
    const value = Number(fields[name].replace(",", "."));
    if (!(value > 0 && value < 1e9)) problems[name] = "A number above 0, or nothing.";
    return value;
  };
  const whole = (name: "maxConfigurations" | "windowMs" | "maxWindows", least: number, most: number): number => {
    const value = Number(fields[name]);
    if (!Number.isInteger(value) || value < least || value > most) problems[name] = `A whole number from ${least} to ${most}.`;
    return value;
  };
  const plans: PlanWish[] = [
    ...(fields.current ? [{ kind: "current" as const }] : []), ...(fields.bestLatency ? [{ kind: "best" as const, objective: "latency" as const }] : []), ...(fields.bestThroughput ? [{ kind: "best" as const, objective: "throughput" as const }] : []),
    ...fields.planIds.map((planId) => ({ kind: "plan" as const, planId })),
  ];
  if (plans.length === 0) problems.plans = "Choose at least one plan.";
  const [threads, maxBatch, concurrency] = [list("threads", 64, MAX_THREADS_IN_LIST), list("maxBatch", 1024, MAX_IN_LIST), list("concurrency", 1024, MAX_IN_LIST)];
  const [latency, memory, rate] = [bound("maxLatencyMs"), bound("maxMemoryMb"), bound("minPerSecond")];
  const request: AnalysisRequest = {
    plans, threads: threads.length === 0 ? [null] : threads, maxBatch, concurrency, batchDelayMs: BATCH_DELAY_MS, objective: fields.objective, search: fields.search,
    constraints: { ...(latency === undefined ? {} : { maxLatencyMsP99: latency }), ...(memory === undefined ? {} : { maxMemoryBytes: memory * BYTES_PER_MB }), ...(rate === undefined ? {} : { minPerSecond: rate }) },
    maxConfigurations: whole("maxConfigurations", 1, 500), windowMs: whole("windowMs", 200, 60_000), maxWindows: whole("maxWindows", 3, 100),
  };
  return { request: Object.keys(problems).length === 0 ? request : null, problems };
}
