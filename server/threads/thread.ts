// Entry of a model thread: one job, one result. Pure work happens here; ONNX Runtime only in a child process.
import { parentPort, workerData } from "node:worker_threads";
import { ModelRefusal } from "../model/model-refusal.ts";
import { analyseFile } from "./analyse-file.ts";
import { extractFromFile } from "./extract-from-file.ts";
import type { ThreadJob, ThreadMessage } from "./messages.ts";

const port = parentPort;
if (port === null) throw new Error("this file is the entry of a worker thread");
const cancel = new AbortController();
port.on("message", (message) => { if (message === "cancel") cancel.abort(); });

const say = (message: ThreadMessage) => port.postMessage(message);
try {
  say(await perform(workerData as ThreadJob));
} catch (error) {
  if (error instanceof ModelRefusal) say({ kind: "refused", refusal: error.toJSON() });
  else say({ kind: "failed", message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
} finally {
  port.close();
}

async function perform(job: ThreadJob): Promise<ThreadMessage> {
  if (job.kind === "extract") return { kind: "extracted", segments: extractFromFile(job, (progress) => say({ kind: "progress", progress })) };
  return { kind: "analysed", facts: await analyseFile(job, { signal: cancel.signal, onProgress: (progress) => say({ kind: "progress", progress }) }) };
}
