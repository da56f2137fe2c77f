// Entry point of an import's analysis, off the event loop.
import { openModelFolder } from "../inspect/model-folder.ts";
import type { ModelFacts } from "../model/model.ts";
import type { AnalyseJob } from "./messages.ts";
import { runThread, type ThreadOptions } from "./run-thread.ts";

/** Everything the product knows of a model. Errors: ModelRefusal. Leaves nothing behind, cancelled or not. */
export async function analyseModel(options: Omit<AnalyseJob, "kind" | "folder"> & ThreadOptions): Promise<ModelFacts> {
  const { signal, onProgress, graceMs, ...job } = options;
  const folder = openModelFolder(job.path);
  try {
    const message = await runThread({ kind: "analyse", ...job, folder: folder.path }, { signal, onProgress, graceMs });
    if (message.kind !== "analysed") throw new Error(`the model thread answered ${message.kind}`);
    return message.facts;
  } finally {
    folder.remove();
  }
}
