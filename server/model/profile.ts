// Owns what is known of a model's speed. Estimated and measured never mix: `kind` says which, everywhere it is shown.
import type { SessionOptions } from "../../agents/protocol/control.ts";

/** Milliseconds per layer of one model on one device class in one mode. */
export type Profile = {
  modelDigest: string;
  deviceClass: string;
  session: SessionOptions;
  kind: "estimated" | "measured";
  /** layerMs[i] for layers[i]; for a measured profile they add up to wholeMs. */
  layerMs: number[];
  wholeMs: number;
  /** Standard deviation of whole runs; 0 for an estimate. */
  wholeSdMs: number;
  /** ISO time; null for an estimate. */
  measuredAt: string | null;
  runs: number;
  /** Robust standard deviation of each layer; absent where it is not known. */
  layerSdMs?: number[];
  /** Tenth and ninetieth percentile of whole runs. */
  wholeP10Ms?: number;
  wholeP90Ms?: number;
  /** Median by the clock; well above wholeMs = other work held the node's cores meanwhile. */
  wholeClockMs?: number;
  agentVersion?: string;
  ortVersion?: string;
  /** What segments cost beyond their layers; absent where none were measured. */
  boundary?: ProfileBoundary;
  /** What processes that ran segments of it were seen to hold, one entry a range; absent = nothing is known. */
  resident?: ResidentRange[];
  /** How an estimate came about: "reference" = a reference core; "device" = what other models reached on this device class; "mode" = this model in another mode there. */
  basis?: "reference" | "device" | "mode";
};

/** By position 0…n, see the cost model; and how well segments that the fit did not see were predicted. */
export type ProfileBoundary = {
  entryMs: number[];
  exitMs: number[];
  segmentCount: number;
  heldOutCount: number;
  /** Mean absolute error over segments left out of the fit, percent; null = too few to leave any out. */
  holdOutErrorPercent: number | null;
  /** The same segments by sums of their layers alone. */
  sumErrorPercent: number | null;
};

/**
 * Memory of one process with layers [from, to) loaded, bytes. "stage" = the most that a stage of a deployment was seen to hold while it served;
 * "profile" = what the measuring process held, to which a stage's worker and frames come.
 */
export type ResidentRange = { from: number; to: number; bytes: number; source: "stage" | "profile"; /** ISO time. */ measuredAt: string };
