// Owns how fast an SLO's error budget is used up, over several windows. Pure; figures of seconds come in.
//
// Burn rate = share of requests too slow / share that may be (1 − quantile): at 1 the budget lasts exactly its period. Alerts of two windows each, as in Beyer et al.,
// The Site Reliability Workbook (O'Reilly 2018), chapter 5, "Multiwindow, Multi-Burn-Rate Alerts": the long one says that it matters, the short one, a twelfth of it, that
// it goes on. Its table (2 % of a month's budget in an hour at 14.4, 5 % in six hours at 6) is kept with a period of half a day, a sixtieth of a month: a move takes
// seconds, where the table is for people who are woken.
import type { PlanRequest } from "../../planner/plan-request.ts";

type Slo = NonNullable<PlanRequest["slo"]>;
/** One second: requests that were answered, and the median and 99th percentile of what their clients waited, a processor's time in it, milliseconds; null = none was. */
export type BurnSecond = { atMs: number; answered: number; latencyMsP50: number | null; latencyMsP99: number | null };
/** Times as fast as the budget lasts, of the long and the short window. Burning: both are beyond `threshold`. */
export type BurnWindow = { name: "fast" | "slow"; longSeconds: number; shortSeconds: number; longRate: number | null; shortRate: number | null; threshold: number; isBurning: boolean };
/** `budget`: the share of requests that may be slower than `latencyMs`. */
export type Burn = { latencyMs: number; budget: number; windows: BurnWindow[]; isBurning: boolean };

const WINDOWS = [{ name: "fast", longSeconds: 60, shortSeconds: 5, rate: 14.4 }, { name: "slow", longSeconds: 360, shortSeconds: 30, rate: 6 }] as const;
/** What is read of the past. */
export const BURN_WINDOW_MS = 360_000;
/** Of a generous SLO not even all requests together burn so fast as the table asks: then this share of them counts. */
const MOST_SHARE = 0.75;
/** Fewer in a window say nothing: one slow one would be a tenth. */
const LEAST_REQUESTS = 10;
/** Of a long window that must lie behind, before anything is said of it. */
const LEAST_COVERED = 0.5;

/** `ended`: of a second, answered ones among them, steps of a request that a processor goes on with each for itself. Without a latency none of them was answered whole; with one, at least one was. */
export function burnSecond(atMs: number, ended: { requests: number; errors: number; latencyMsP50: number | null; latencyMsP99: number | null }): BurnSecond {
  const { requests, errors, latencyMsP50, latencyMsP99 } = ended;
  return { atMs, answered: latencyMsP50 === null ? 0 : Math.max(1, requests - errors), latencyMsP50, latencyMsP99 };
}

/** `seconds`: oldest first. */
export function burnOf(seconds: readonly BurnSecond[], { quantile, latencyMs }: Slo, nowMs: number): Burn {
  const budget = 1 - quantile;
  const rateOf = (windowSeconds: number): number | null => {
    let [slow, all] = [0, 0];
    for (const second of seconds) {
      if (second.atMs <= nowMs - windowSeconds * 1000) continue;
      all += second.answered;
      slow += second.answered * slowShare(second, latencyMs);
    }
    return all < LEAST_REQUESTS ? null : slow / all / budget;
  };
  const oldestMs = seconds.find((second) => second.answered > 0)?.atMs ?? nowMs;
  const windows = WINDOWS.map(({ name, longSeconds, shortSeconds, rate }): BurnWindow => {
    const threshold = Math.min(rate, MOST_SHARE / budget);
    const [longRate, shortRate] = [rateOf(longSeconds), rateOf(shortSeconds)];
    const isCovered = nowMs - oldestMs >= longSeconds * 1000 * LEAST_COVERED;
    return { name, longSeconds, shortSeconds, longRate, shortRate, threshold, isBurning: isCovered && longRate !== null && shortRate !== null && longRate >= threshold && shortRate >= threshold };
  });
  return { latencyMs, budget, windows, isBurning: windows.some((window) => window.isBurning) };
}

/**
 * Share of a second's requests beyond a bound, estimated: agents tell a median and a 99th percentile, and between the two, and as far below the median, the share is
 * taken to grow with the logarithm of the latency. Nothing is slow while the 99th percentile keeps the bound.
 */
function slowShare({ latencyMsP50: p50, latencyMsP99: p99 }: BurnSecond, boundMs: number): number {
  if (p50 === null || p99 === null || p99 <= boundMs) return 0;
  if (p99 <= p50 || p50 <= 0) return 1;
  const within = 0.5 + (0.49 * Math.log(boundMs / p50)) / Math.log(p99 / p50);
  return 1 - Math.min(0.99, Math.max(0, within));
}

/** What burns fastest, of the windows that do, in words; null = none does. */
export function sayBurn(burn: Burn): { rate: number; words: string } | null {
  const worst = burn.windows.filter((window) => window.isBurning).sort((a, b) => (b.longRate ?? 0) - (a.longRate ?? 0))[0];
  if (!worst) return null;
  const rate = worst.longRate ?? 0;
  const span = worst.longSeconds < 120 ? `${worst.longSeconds} s` : `${worst.longSeconds / 60} minutes`;
  return { rate, words: `In ${span} the SLO's error budget was used up ${rate.toFixed(1)} times as fast as it lasts: more than ${(burn.budget * 100).toPrecision(2)} % of requests take longer than ${burn.latencyMs} ms.` };
}
