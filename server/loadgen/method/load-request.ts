// Owns what is asked of a run of a deployment, and the options of the load generator that follow from it.
import { type Scenario, TIERS, type Tier } from "./settings.ts";

export type LoadRequest = {
  scenario: Scenario;
  /** peak: the highest rate that keeps the bound (Server). reuse: is one sample faster than different ones? */
  what: "run" | "peak" | "reuse";
  tier: Tier;
  /** Server: arrivals per second, and where a search for the peak begins. Offline: samples per second expected. */
  qps?: number;
  /** Server: the bound. SingleStream, MultiStream: the expected time of a query. */
  latencyMs?: number;
  /** MultiStream. */
  samplesPerQuery?: number;
  /** Offline: samples under way at once. */
  concurrency?: number;
};

/** What is missing or does not go together, in a sentence; null = nothing. */
export function loadRequestProblem({ scenario, what, qps, latencyMs }: LoadRequest): string | null {
  if (what === "peak" && scenario !== "Server") return "The peak is searched in Server only: elsewhere no bound is kept or not.";
  if ((scenario === "Server" || scenario === "Offline") && qps === undefined) return `${scenario} needs a rate: qps.`;
  if (scenario === "Server" && latencyMs === undefined) return "Server needs a bound: latencyMs.";
  return null;
}

export function loadOptions(request: LoadRequest): string[] {
  const { scenario, what, tier, qps, latencyMs, samplesPerQuery, concurrency } = request;
  const given = (flag: string, value: number | undefined) => (value === undefined ? [] : [flag, String(value)]);
  return [
    "--scenario", scenario, "--tier", tier, ...(what === "peak" ? ["--find-peak"] : what === "reuse" ? ["--check-reuse"] : []),
    ...given("--qps", qps), ...given("--latency", latencyMs), ...given("--samples-per-query", samplesPerQuery), ...given("--concurrency", concurrency),
    // A system that is slower than expected must not hold the run for ever.
    "--max-seconds", String(TIERS[tier] * 4),
  ];
}
