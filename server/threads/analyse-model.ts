// Entry point of an import's analysis, off the event loop.
import type { ModelFacts } from "../model/model.ts";
import type { AnalyseJob } from "./messages.ts";
import { runThread, type ThreadOptions } from "./run-thread.ts";

/** Everything the product knows of a model. Errors: ModelRefusal. Leaves nothing behind, cancelled or not. */
export async function analyseModel(options: Omit<AnalyseJob, "kind"> & ThreadOptions): Promise<ModelFacts> {
  const { signal, onProgress, ...job } = options;
  const message = await runThread({ kind: "analyse", ...job }, { signal, onProgress });
  if (message.kind !== "analysed") throw new Error(`the model thread answered ${message.kind}`);
  return message.facts;
}
