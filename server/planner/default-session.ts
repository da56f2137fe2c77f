// Owns how segments run unless a deployment says otherwise; plans are made for this mode, and measurements are taken in it.
import type { SessionOptions } from "../../agents/protocol/control.ts";

/** One thread: a stage shares its node, and small boxes lose by more (measured: none or negative on tiny models). */
export const DEFAULT_SESSION: SessionOptions = { intraOpThreads: 1, optimization: "all", provider: "cpu" };
