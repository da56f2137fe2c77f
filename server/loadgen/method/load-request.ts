// Owns what is asked of a run of a deployment, and the options of the load generator that follow from it.
import type { Dataset } from "./dataset.ts";
import { type Scenario, TIERS, type Tier } from "./settings.ts";

export type LoadRequest = {
  scenario: Scenario;
  /** peak: the highest rate that keeps the bound (Server). reuse: is one sample faster than different ones? accuracy: each sample of a dataset once, its answer held against its label. */
  what: "run" | "peak" | "reuse" | "accuracy";
  tier: Tier;
  /** Server: arrivals per second, and where a search for the peak begins. Offline: samples per second expected. */
  qps?: number;
  /** Server: the bound. SingleStream, MultiStream: the expected time of a query. */
  latencyMs?: number;
  /** MultiStream. */
  samplesPerQuery?: number;
  /** Offline: samples under way at once. */
  concurrency?: number;
  /** accuracy: what is asked. */
  dataset?: Dataset;
};

/** What is missing or does not go together, in a sentence; null = nothing. */
export function loadRequestProblem({ scenario, what, qps, latencyMs, dataset }: LoadRequest): string | null {
  if (what === "accuracy" && dataset === undefined) return "An accuracy run needs a dataset: samples with their labels.";
  if (what !== "accuracy" && dataset !== undefined) return "A dataset is for accuracy runs: elsewhere inputs are made up.";
  // Its last query is filled up with samples that were asked before.
  if (what === "accuracy" && scenario === "MultiStream") return "MultiStream asks samples more than once: an accuracy run takes another scenario.";
  if (what === "accuracy" && scenario === "Offline") return null;
  if (what === "peak" && scenario !== "Server") return "The peak is searched in Server only: elsewhere no bound is kept or not.";
  if ((scenario === "Server" || scenario === "Offline") && qps === undefined) return `${scenario} needs a rate: qps.`;
  if (scenario === "Server" && latencyMs === undefined) return "Server needs a bound: latencyMs.";
  return null;
}

const WHAT_OPTIONS: Record<LoadRequest["what"], string[]> = { run: [], peak: ["--find-peak"], reuse: ["--check-reuse"], accuracy: ["--mode", "accuracy"] };

export function loadOptions(request: LoadRequest): string[] {
  const { scenario, what, tier, qps, latencyMs, samplesPerQuery, concurrency } = request;
  // Nothing of an accuracy run in Offline follows from its rate, which the options want all the same.
  const rate = what === "accuracy" && scenario === "Offline" ? (qps ?? 1) : qps;
  const given = (flag: string, value: number | undefined) => (value === undefined ? [] : [flag, String(value)]);
  return [
    "--scenario", scenario, "--tier", tier, ...WHAT_OPTIONS[what],
    ...given("--qps", rate), ...given("--latency", latencyMs), ...given("--samples-per-query", samplesPerQuery), ...given("--concurrency", concurrency),
    // A system that is slower than expected must not hold the run for ever.
    "--max-seconds", String(TIERS[tier] * 4),
  ];
}
