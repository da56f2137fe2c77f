// Entry point of making segments, off the event loop.
import type { ExtractJob, Segment } from "./messages.ts";
import { runThread, type ThreadOptions } from "./run-thread.ts";

/** One segment per range, in order. Errors: ModelRefusal (illegal-cut, io, external-missing …). */
export async function extractSegments(options: Omit<ExtractJob, "kind"> & ThreadOptions): Promise<Segment[]> {
  const { signal, onProgress, ...job } = options;
  const message = await runThread({ kind: "extract", ...job }, { signal, onProgress });
  if (message.kind !== "extracted") throw new Error(`the model thread answered ${message.kind}`);
  return message.segments;
}
