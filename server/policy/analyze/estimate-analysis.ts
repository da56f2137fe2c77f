// Owns how long an analysis takes, said before it begins: from when every third window agrees at once to when none ever does. Pure.
import { AGREEING } from "../../loadgen/method/windows-agree.ts";
import { type AnalysisRequest, MAX_MEASURED_AGAIN } from "./analysis.ts";

export type AnalysisEstimate = { configurations: number; /** At most so many are measured. */ measured: number; rigs: number; atLeastSeconds: number; atMostSeconds: number; /** From deployments of this model before; null = none was, and it is assumed. */ rigSecondsSeen: number | null };

/** Putting up a rig and taking it down, where nothing is known: small models on a local network take less. */
const ASSUMED_RIG_SECONDS = 20;
/** Of each measurement: the window that warms up, and starting the load generator. */
const EXTRA_WINDOWS = 1;
const START_SECONDS = 1.5;

type Asked = Pick<AnalysisRequest, "maxBatch" | "concurrency" | "search" | "maxConfigurations" | "windowMs" | "maxWindows">;

/** `variants`: plans × threads that can be tried. `planCount`: plans whose search or check is still to come count as rigs, too. */
export function estimateAnalysis(variants: number, asked: Asked, rigSecondsSeen: number | null): AnalysisEstimate {
  const configurations = variants * asked.maxBatch.length * asked.concurrency.length;
  const measured = Math.min(configurations, asked.maxConfigurations);
  // A search visits a part only; which one is not known.
  const least = asked.search === "quick" ? Math.min(measured, variants + 2) : measured;
  const rig = rigSecondsSeen ?? ASSUMED_RIG_SECONDS;
  const seconds = (windows: number) => ((windows + EXTRA_WINDOWS) * asked.windowMs) / 1000 + START_SECONDS;
  const rigs = asked.search === "quick" ? measured : variants;
  return { configurations, measured, rigs: variants, atLeastSeconds: Math.round((least + 1) * seconds(AGREEING) + (Math.min(variants, least) + 1) * rig), atMostSeconds: Math.round((measured + MAX_MEASURED_AGAIN) * seconds(asked.maxWindows) + (rigs + MAX_MEASURED_AGAIN) * rig), rigSecondsSeen };
}
