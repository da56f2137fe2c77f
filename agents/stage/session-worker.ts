// Owns the thread an ONNX Runtime session runs on: takes jobs in order, answers in order. It is never terminated during a run (that would
// abort the whole process): it ends by itself when told to.
import { parentPort, workerData } from "node:worker_threads";
import { loadSession, type OrtSession, type RunJob, type RunResult, type TensorOut } from "./session.ts";
import type { SessionOptions, StatePair } from "../protocol/control.ts";

export type WorkerStart = { skeletonPath: string; options: SessionOptions; states: StatePair[] };
export type ToWorker = { type: "run"; id: number; job: RunJob } | { type: "forget"; key: string } | { type: "end" }
  | { type: "take-state"; id: number; key: string } | { type: "give-state"; id: number; key: string; tensors: readonly TensorOut[] } | { type: "share-state"; key: string; as: string };
export type FromWorker =
  | { type: "loaded"; loadMs: number; inputNames: readonly string[]; outputNames: readonly string[] }
  | { type: "failed"; message: string }
  /** `buffer` is the job's own, handed back. */
  | { type: "done"; id: number; result: RunResult; buffer: ArrayBuffer }
  | { type: "error"; id: number; message: string; buffer: ArrayBuffer }
  /** Of take-state and give-state; `tensors: null` also of the latter. */
  | { type: "state"; id: number; tensors: TensorOut[] | null; error: string | null }
  | { type: "ended" };

const port = parentPort!;
let previous: Promise<void> = Promise.resolve();

async function perform(session: OrtSession, message: ToWorker): Promise<void> {
  if (message.type === "forget") return session.forget(message.key);
  if (message.type === "share-state") return session.shareState(message.key, message.as);
  if (message.type === "take-state" || message.type === "give-state") return handState(session, message);
  if (message.type === "end") {
    await session.dispose();
    port.postMessage({ type: "ended" } satisfies FromWorker);
    port.close();
    return;
  }
  const { id, job } = message;
  try {
    const result = await session.run(job);
    const transfer = new Set<ArrayBuffer>([job.buffer]);
    for (const output of result.outputs) transfer.add(output.data.buffer);
    port.postMessage({ type: "done", id, result, buffer: job.buffer } satisfies FromWorker, [...transfer]);
  } catch (error) {
    port.postMessage({ type: "error", id, message: (error as Error).message, buffer: job.buffer } satisfies FromWorker, [job.buffer]);
  }
}

function handState(session: OrtSession, message: Extract<ToWorker, { type: "take-state" | "give-state" }>): void {
  const { id } = message;
  try {
    const tensors = message.type === "take-state" ? session.takeState(message.key) : null;
    if (message.type === "give-state") session.giveState(message.key, message.tensors);
    port.postMessage({ type: "state", id, tensors, error: null } satisfies FromWorker, (tensors ?? []).map(({ data }) => data.buffer));
  } catch (error) {
    port.postMessage({ type: "state", id, tensors: null, error: (error as Error).message } satisfies FromWorker);
  }
}

const { skeletonPath, options, states } = workerData as WorkerStart;
const startedAt = performance.now();
try {
  const session = await loadSession(skeletonPath, options, states);
  port.on("message", (message: ToWorker) => { previous = previous.then(() => perform(session, message)); });
  port.postMessage({ type: "loaded", loadMs: performance.now() - startedAt, inputNames: session.inputNames, outputNames: session.outputNames } satisfies FromWorker);
} catch (error) {
  port.postMessage({ type: "failed", message: (error as Error).message } satisfies FromWorker);
}
