// Owns how a load run is said. Pure.
import type { LoadReport } from "../../server/loadgen/method/load-report.ts";
import { TIERS, type Scenario, type Tier } from "../../server/loadgen/method/settings.ts";
import type { LoadRequest } from "../../server/loadgen/method/load-request.ts";
import { digits, ms, written } from "../format.ts";

export const SCENARIO_HINTS: Record<Scenario, string> = {
  SingleStream: "One query after the other: how fast is one?",
  MultiStream: "One query of several samples after the other.",
  Server: "Arrivals at random times, kept up whether or not earlier ones are answered.",
  Offline: "All samples at once: how many a second?",
};
export const TIER_NAMES: Record<Tier, string> = { rapid: "6 s, rapid", quick: "10 s, quick", normal: "60 s, normal", official: "600 s, official" };

const NOTHING = "–";
export const nsText = (ns: number | null | undefined): string => (ns === null || ns === undefined ? NOTHING : written(ms(ns / 1e6)));
export const rateText = (perSecond: number | null | undefined): string => (perSecond === null || perSecond === undefined ? NOTHING : `${digits(perSecond)} /s`);

/** "Server, 50 /s within 100 ms, 6 s". */
export function requestText({ scenario, what, tier, qps, latencyMs, samplesPerQuery }: LoadRequest): string {
  const load = scenario === "Server" ? `, ${what === "peak" ? "peak from " : ""}${digits(qps ?? 0)} /s within ${digits(latencyMs ?? 0)} ms` : scenario === "MultiStream" ? `, ${samplesPerQuery ?? 8} a query` : "";
  return `${scenario}${load}${what === "reuse" ? ", check for reuse" : `, ${TIERS[tier]} s`}`;
}

/** What decides, first. */
export function headline({ verdict, peak, reuse }: LoadReport): { tone: "ok" | "bad"; text: string } {
  if (peak) return peak.qps === null ? { tone: "bad", text: `No peak: ${peak.why}` } : { tone: "ok", text: `Peak ${digits(peak.qps)} /s` };
  if (reuse) return reuse.isReusing ? { tone: "bad", text: "Results are reused" } : { tone: "ok", text: "No reuse of results seen" };
  return verdict.isValid ? { tone: "ok", text: "VALID" } : { tone: "bad", text: "INVALID" };
}

/** Why a run is not VALID; early stopping's own lines last. */
export function reasons({ verdict, peak, reuse }: LoadReport): string[] {
  if (verdict.isValid || peak || reuse) return [];
  return [...verdict.recommendations, ...(verdict.isEarlyStoppingMet || verdict.earlyStopping === "" ? [] : [verdict.earlyStopping.replace(/^ \* /gm, "").replaceAll("\n", " ")])];
}

export type FormValues = { scenario: Scenario; what: LoadRequest["what"]; tier: Tier; qps: string; latencyMs: string };
export const FIRST_VALUES: FormValues = { scenario: "Server", what: "run", tier: "rapid", qps: "5", latencyMs: "1000" };

/** Of a query where one follows the other: only how many are prepared depends on it, and too many do no harm. */
const EXPECTED_MS = 1;

/** null = a number is missing or none. */
export function toRequest({ scenario, what, tier, qps, latencyMs }: FormValues): LoadRequest | null {
  const needsRate = scenario === "Server" || scenario === "Offline";
  const rate = Number(qps);
  const bound = Number(latencyMs);
  const isServer = scenario === "Server";
  if ((needsRate && !(rate > 0)) || (isServer && !(bound > 0))) return null;
  return { scenario, what: isServer || what !== "peak" ? what : "run", tier, ...(needsRate ? { qps: rate } : {}), ...(isServer ? { latencyMs: bound } : scenario === "Offline" ? {} : { latencyMs: EXPECTED_MS }) };
}
