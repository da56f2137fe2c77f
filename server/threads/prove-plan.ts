// Owns a proof's thread: start, progress, deadline, cancel. One proof at a time: it is bound by a core and may need hundreds of megabytes.
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Proof, ProofProgress, ProofRequest } from "./solve-milp.ts";

export type ProofThreadMessage = { kind: "progress"; progress: ProofProgress } | { kind: "proof"; proof: Proof } | { kind: "failed"; message: string };
export type ProveOptions = { signal?: AbortSignal; onProgress?: (progress: ProofProgress) => void };

/** Loading HiGHS and building the programme count too; past the limit and this, the thread is ended. */
const GRACE_MS = 10_000;
/** Heap of the thread; HiGHS's own memory is outside of it and bounded by the size of what it is given. */
const MAX_HEAP_MB = 1024;

let last: Promise<unknown> = Promise.resolve();

/** The plan that costs least and the proof of it, as far as it came. Ended early, it answers `stopped` with the best plan and bound so far. */
export function provePlan(request: ProofRequest, options: ProveOptions = {}): Promise<Proof> {
  const proof = last.then(() => runThread(request, options));
  last = proof.catch(() => {});
  return proof;
}

function runThread(request: ProofRequest, { signal, onProgress }: ProveOptions): Promise<Proof> {
  const fromSource = import.meta.url.endsWith(".ts");
  const entry = fileURLToPath(new URL(fromSource ? "./start-prove.js" : "./prove.mjs", import.meta.url));
  const stopped: Proof = { status: "stopped", stages: null, cost: Number.POSITIVE_INFINITY, bound: Number.NEGATIVE_INFINITY, columns: 0, rows: 0 };
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return resolve(stopped);
    const worker = new Worker(entry, { workerData: request, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } });
    let answer: Proof = stopped;
    let failure: Error | null = null;
    const end = () => void worker.terminate();
    const grace = setTimeout(end, request.timeLimitMs + GRACE_MS);
    signal?.addEventListener("abort", end, { once: true });
    worker.on("message", (message: ProofThreadMessage) => {
      if (message.kind === "proof") answer = message.proof;
      else if (message.kind === "failed") failure = new Error(message.message);
      else {
        answer = { ...answer, ...message.progress };
        onProgress?.(message.progress);
      }
    });
    worker.on("error", (error) => { failure = error; });
    worker.on("exit", () => {
      clearTimeout(grace);
      signal?.removeEventListener("abort", end);
      if (failure) reject(failure);
      else resolve(answer);
    });
  });
}
