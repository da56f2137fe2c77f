// Owns what is kept of a run for comparing it with another.
import type { AccuracyReport } from "./accuracy-report.ts";
import type { Verdict } from "./judge-run.ts";
import type { Interval } from "./quantile-interval.ts";
import type { RunSettings } from "./settings.ts";
import type { Steady } from "./steady-rate.ts";

/** Of what is absent nothing is asked. */
export type Comparable = {
  figures: Figure[];
  accuracy?: AccuracyReport | null;
  settings?: Pick<RunSettings, "scenario" | "mode" | "targetQps" | "samplesPerQuery" | "picking">;
  failedCount?: number;
  verdict?: Pick<Verdict, "isValid" | "recommendations" | "earlyStopping">;
  steady?: Pick<Steady, "why">;
};
/** "share": of samples that are right, 0 to 1. */
export type Figure = {
  name: string;
  value: number;
  interval: Interval | null;
  /** Why it has no interval, in a sentence; null or absent = it has one, or a report of before does not say. */
  why?: string | null;
  unit: "ns" | "1/s" | "share";
  /** Which way is better. */
  better: "less" | "more";
};
