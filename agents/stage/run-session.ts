// Owns where a session runs: in a worker thread (the event loop stays free) or inline (tiny segments, where the hop to a thread costs more than
// the run). Same order of answers either way: first in, first out.
import type { SessionOptions, StatePair } from "../protocol/control.ts";
import { loadSession, type RunJob, type RunResult, type TensorOut } from "./session.ts";
import { startThread } from "./start-thread.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./session-worker.ts";

export type Runner = {
  loadMs: number; inline: boolean;
  /** What its session was made with. */
  session: SessionOptions;
  inputNames: readonly string[]; outputNames: readonly string[];
  /** The job's buffer comes back with the answer, also with a failed one (`RunFailed`). */
  run(job: RunJob): Promise<RunResult & { buffer: ArrayBuffer }>;
  forget(streamKey: string): void;
  /** After the runs before it, as of a session. */
  takeState(streamKey: string): Promise<TensorOut[] | null>;
  giveState(streamKey: string, tensors: readonly TensorOut[]): Promise<void>;
  shareState(streamKey: string, as: string): void;
  end(): Promise<void>;
};
export class RunFailed extends Error {
  readonly buffer: ArrayBuffer;
  constructor(message: string, buffer: ArrayBuffer) {
    super(message);
    this.buffer = buffer;
  }
}

export function startRunner(inline: boolean, skeletonPath: string, options: SessionOptions, states: StatePair[]): Promise<Runner> {
  return inline ? startInline(skeletonPath, options, states) : startWorker({ skeletonPath, options, states });
}

async function startInline(skeletonPath: string, options: SessionOptions, states: StatePair[]): Promise<Runner> {
  const startedAt = performance.now();
  const session = await loadSession(skeletonPath, options, states);
  // ONNX Runtime's JavaScript runs one job after the other as they were given; what is kept between them is written a moment after each.
  const inTurn = states.length > 0;
  let previous: Promise<unknown> = Promise.resolve();
  return {
    loadMs: performance.now() - startedAt, inline: true, session: options, inputNames: session.inputNames, outputNames: session.outputNames,
    run(job) {
      const result = (inTurn ? previous.then(() => session.run(job)) : session.run(job)).then(
        ({ outputs, computeMs, stateBytes }) => ({ outputs, computeMs, stateBytes, buffer: job.buffer }),
        (error: Error) => { throw new RunFailed(error.message, job.buffer); },
      );
      previous = result.catch(() => undefined);
      return result;
    },
    forget: (key) => void previous.then(() => session.forget(key)),
    takeState: (key) => previous.then(() => session.takeState(key)),
    giveState: (key, tensors) => previous.then(() => session.giveState(key, tensors)),
    shareState: (key, as) => void previous.then(() => session.shareState(key, as)),
    end: async () => { await previous; await session.dispose(); },
  };
}

type Waiting = { resolve(result: RunResult & { buffer: ArrayBuffer }): void; reject(error: Error): void };
type WaitingForState = { resolve(tensors: TensorOut[] | null): void; reject(error: Error): void };

function startWorker(start: WorkerStart): Promise<Runner> {
  const worker = startThread("session-worker", import.meta.url, start);
  const waiting = new Map<number, Waiting>();
  const forState = new Map<number, WaitingForState>();
  let nextId = 1;
  let ended: (() => void) | null = null;
  const send = (message: ToWorker, transfer: ArrayBuffer[] = []) => worker.postMessage(message, transfer);
  const askState = (made: (id: number) => ToWorker, transfer: ArrayBuffer[] = []) => new Promise<TensorOut[] | null>((resolve, reject) => {
    const id = nextId++;
    forState.set(id, { resolve, reject });
    send(made(id), transfer);
  });

  return new Promise((resolve, reject) => {
    const lost = (error: Error) => {
      reject(error);
      for (const { reject: fail } of waiting.values()) fail(error);
      waiting.clear();
      for (const { reject: fail } of forState.values()) fail(error);
      forState.clear();
      ended?.();
    };
    worker.on("error", lost);
    worker.on("exit", () => lost(new Error("the session's thread ended")));
    worker.on("message", (message: FromWorker) => {
      if (message.type === "failed") return reject(new Error(message.message));
      if (message.type === "ended") return void ended?.();
      if (message.type === "loaded") {
        return resolve({
          loadMs: message.loadMs, inline: false, session: start.options, inputNames: message.inputNames, outputNames: message.outputNames,
          run: (job) => new Promise((done, failed) => {
            const id = nextId++;
            waiting.set(id, { resolve: done, reject: failed });
            send({ type: "run", id, job }, [job.buffer]);
          }),
          forget: (key) => send({ type: "forget", key }),
          takeState: (key) => askState((id) => ({ type: "take-state", id, key })),
          giveState: (key, tensors) => askState((id) => ({ type: "give-state", id, key, tensors }), tensors.map(({ data }) => data.buffer)).then(() => undefined),
          shareState: (key, as) => send({ type: "share-state", key, as }),
          end: () => new Promise<void>((done) => { ended = done; send({ type: "end" }); }),
        });
      }
      if (message.type === "state") {
        const asked = forState.get(message.id);
        forState.delete(message.id);
        return message.error === null ? asked?.resolve(message.tensors) : asked?.reject(new Error(message.error));
      }
      const job = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.type === "done") job?.resolve({ ...message.result, buffer: message.buffer });
      else job?.reject(new RunFailed(message.message, message.buffer));
    });
  });
}
