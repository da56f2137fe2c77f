// Owns how a demand and a promised latency are said: what counts as latency then. Pure.
import { MAX_UTILISATION, type PlanRequest } from "../../server/planner/plan-request.ts";

/** What a new promise is of. */
export const USUAL_QUANTILE = 0.99;
const QUANTILES = [0.5, 0.9, 0.95, 0.99, 0.999];

export function shareText(quantile: number): string {
  return `${Number((quantile * 100).toPrecision(6))} %`;
}

/** Those that are usual, and the one in use. */
export function quantileOptions(inUse: number): [string, string][] {
  return [...new Set([...QUANTILES, inUse])].sort((a, b) => a - b).map((quantile) => [String(quantile), `${shareText(quantile)} of requests`]);
}

/** "At 30 requests/s, come at random: 99 % of them within 80 ms, waiting included. No node or link is more than 70 % busy." */
export function askedWords({ objective, demandPerSecond, slo }: PlanRequest): string {
  const busy = demandPerSecond === undefined ? "" : ` No node or link may be more than ${Math.round(MAX_UTILISATION * 100)} % busy.`;
  const at = demandPerSecond === undefined ? "One request at a time" : `${demandPerSecond} requests/s that come at random`;
  if (slo) return `${at}: ${shareText(slo.quantile)} are answered within ${slo.latencyMs} ms${demandPerSecond === undefined ? "" : ", waiting included"}.${busy}${objective === "latency" ? " “Lowest latency” is of that share." : ""}`;
  if (demandPerSecond === undefined) return "One request at a time: nobody waits.";
  return `${at}.${busy}${objective === "latency" ? " “Lowest latency” is their mean, waiting included." : ""}`;
}
