// Owns what an SLO leaves of latency once the wait is settled (`busyMs`): the more a plan's latency varies, the lower its mean must be. Asked of every label, so
// the quantile is tabulated by standard deviation, and reckoned exactly only where the table can't tell.
import { latencyUnder } from "../demand.ts";
import type { Instance } from "../instance.ts";
import { SLACK } from "./violations.ts";

export type TailLimit = {
  /** Mean latency that no plan may exceed which varies so much or more; never less than what is left of the SLO. */
  latencyAtMost(varianceMs2: number): number;
  /** Whether a whole plan keeps to it. */
  holds(latencyMs: number, varianceMs2: number): boolean;
};

/** Steps of the table; from one to the next the quantile grows by a thousandth of the SLO at most where it is linear in the deviation. */
const STEPS = 1024;

/** Null where nothing is promised. The wait of a plan of its own must be settled first: `busyMs` is needed. */
export function tailLimit({ limits }: Instance): TailLimit | null {
  const { slo, perSecond = 0 } = limits;
  if (!slo) return null;
  const { busyMs = 0, share } = slo;
  const limitMs = slo.latencyMs * SLACK;
  const above = (sd: number) => latencyUnder({ latencyMs: 0, varianceMs2: sd * sd, bottleneckMs: busyMs }, perSecond, { share });
  // A deviation beyond this share of the SLO is too much, whatever the mean; where no quantile is above the mean, anything goes.
  const stepMs = slo.latencyMs / STEPS;
  const table = new Float64Array(STEPS + 1).fill(Number.NaN);
  const at = (step: number) => {
    const index = Math.min(step, STEPS);
    if (Number.isNaN(table[index]!)) table[index] = above(index * stepMs);
    return table[index]!;
  };
  const latencyAtMost = (varianceMs2: number) => limitMs - at(Math.floor(Math.sqrt(Math.max(0, varianceMs2)) / stepMs));
  return {
    latencyAtMost,
    holds(latencyMs, varianceMs2) {
      if (latencyMs > latencyAtMost(varianceMs2)) return false;
      const step = Math.ceil(Math.sqrt(Math.max(0, varianceMs2)) / stepMs);
      if (step <= STEPS && latencyMs <= limitMs - at(step)) return true;
      return latencyMs + above(Math.sqrt(Math.max(0, varianceMs2))) <= limitMs;
    },
  };
}
