// Owns the server's side of a model thread: start, progress, cancel, result. At most MAX_THREADS at a time; others wait in order.
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { ModelRefusal, refusalFromJson } from "../model/model-refusal.ts";
import type { Progress, ThreadJob, ThreadMessage } from "./messages.ts";

/** Parsing is bound by one core; more threads would only share it. */
const MAX_THREADS = 2;
/** After a cancel the thread ends its child process itself; then it is ended. */
const CANCEL_GRACE_MS = 2000;
/** Heap of a thread: the largest model allowed stays far below. */
const MAX_HEAP_MB = 512;

let running = 0;
const waiting: (() => void)[] = [];

export type ThreadOptions = { signal?: AbortSignal; onProgress?: (progress: Progress) => void; graceMs?: number };

export async function runThread(job: ThreadJob, options: ThreadOptions): Promise<ThreadMessage> {
  while (running >= MAX_THREADS) await turn(options.signal);
  running++;
  try {
    return await runOne(job, options);
  } finally {
    running--;
    waiting.shift()?.();
  }
}

/** Until a thread ends. @throws ModelRefusal cancelled: who waits must not wait for another's work to be told. */
function turn(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancelled = () => {
      waiting.splice(waiting.indexOf(go), 1);
      reject(new ModelRefusal("cancelled", "The work on this model was cancelled."));
    };
    const go = () => {
      signal?.removeEventListener("abort", cancelled);
      resolve();
    };
    waiting.push(go);
    if (signal?.aborted) cancelled();
    else signal?.addEventListener("abort", cancelled, { once: true });
  });
}

function runOne(job: ThreadJob, options: ThreadOptions): Promise<ThreadMessage> {
  const fromSource = import.meta.url.endsWith(".ts");
  const entry = fileURLToPath(new URL(fromSource ? "./start.js" : "./thread.mjs", import.meta.url));
  return new Promise((resolve, reject) => {
    if (options.signal?.aborted === true) return reject(new ModelRefusal("cancelled", "The work on this model was cancelled."));
    const worker = new Worker(entry, { workerData: job, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } });
    let message: ThreadMessage | null = null;
    let failure: Error | null = null;
    let grace: NodeJS.Timeout | undefined;
    const abort = () => {
      failure ??= new ModelRefusal("cancelled", "The work on this model was cancelled.");
      worker.postMessage("cancel");
      grace = setTimeout(() => void worker.terminate(), options.graceMs ?? CANCEL_GRACE_MS);
    };
    options.signal?.addEventListener("abort", abort, { once: true });
    worker.on("message", (received: ThreadMessage) => {
      if (received.kind === "progress") options.onProgress?.(received.progress);
      else message = received;
    });
    worker.on("error", (error: Error & { code?: string }) => {
      failure ??= error.code === "ERR_WORKER_OUT_OF_MEMORY" ? new ModelRefusal("too-large", `The model's structure needs more than ${MAX_HEAP_MB} MiB.`, { fix: "Simplify the model." }) : error;
    });
    worker.on("exit", () => {
      clearTimeout(grace);
      options.signal?.removeEventListener("abort", abort);
      if (failure !== null) reject(failure);
      else if (message === null) reject(new Error("the model thread ended without a result"));
      else if (message.kind === "refused") reject(refusalFromJson(message.refusal));
      else if (message.kind === "failed") reject(new Error(message.message));
      else resolve(message);
    });
  });
}
