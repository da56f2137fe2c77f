// Owns why two runs have nothing in common to be compared by: another kind, another load, other samples, or a failure that counts as fast.
import type { Comparable } from "./comparable.ts";

/** In a sentence; null = they can be compared. */
export function whyNotCompared(before: Comparable, after: Comparable): string | null {
  const [old, now] = [before.accuracy?.graded ?? null, after.accuracy?.graded ?? null];
  if (!old && !now) return otherLoad(before, after) ?? failure(before, "before") ?? failure(after, "after");
  if (!old || !now) return "One of the two runs is an accuracy run on labelled samples, the other is none.";
  if (old.dataDigest !== now.dataDigest) return "The two accuracy runs asked different samples: they are compared sample by sample.";
  return [old, now].some(({ outcomes }) => outcomes.includes("-")) ? "One of the two accuracy runs ended before every sample was asked." : null;
}

/** Latencies belong to a load. How long a run took, and the bound that it was held against, change none. */
function otherLoad({ settings: old }: Comparable, { settings: now }: Comparable): string | null {
  if (!old || !now) return null;
  if (old.mode === "AccuracyOnly" || now.mode === "AccuracyOnly") return "An accuracy run without labels has nothing to be compared by: neither times nor a share that is right.";
  const other = (what: string, was: string | number, is: string | number) => `${what}: ${was} before, ${is} after. Under another load another figure is no difference of the system.`;
  if (old.scenario !== now.scenario) return other("The runs are of different scenarios", old.scenario, now.scenario);
  if (now.scenario === "Server" && old.targetQps !== now.targetQps) return other("The runs asked different rates, in queries/s", old.targetQps, now.targetQps);
  if (now.scenario === "MultiStream" && old.samplesPerQuery !== now.samplesPerQuery) return other("The runs had queries of different sizes, in samples", old.samplesPerQuery, now.samplesPerQuery);
  return old.picking === now.picking ? null : other("The runs picked their samples differently", old.picking, now.picking);
}

/** What is refused is soon answered. */
function failure({ failedCount = 0 }: Comparable, which: "before" | "after"): string | null {
  return failedCount === 0 ? null : `${failedCount} sample${failedCount === 1 ? "" : "s"} of the run ${which} failed: how soon that was is no latency, and no rate.`;
}
