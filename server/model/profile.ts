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
};
