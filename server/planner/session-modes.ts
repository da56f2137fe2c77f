// Owns in which modes a model is measured on a node: one thread, then twice as many, up to the cores it may use. A stage runs one request at a time, so there is no
// mode with several streams; the only execution provider agents offer is the CPU's.
import type { SessionOptions } from "../../agents/protocol/control.ts";
import { DEFAULT_SESSION } from "./default-session.ts";

/** More threads than this do not help one stage of an edge box, and each mode costs a measurement. */
const MAX_THREADS = 16;

/** `cores` may be a fraction, under a quota. The default mode first. */
export function sessionModes(cores: number): SessionOptions[] {
  const modes = [DEFAULT_SESSION];
  for (let intraOpThreads = 2; intraOpThreads <= Math.min(MAX_THREADS, Math.floor(cores)); intraOpThreads *= 2) modes.push({ ...DEFAULT_SESSION, intraOpThreads });
  return modes;
}
