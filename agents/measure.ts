// Owns measuring on this node, one task at a time in a process of its own: fetch, run, report. A result is kept until the console stops asking for it.
import type { ArtifactCache } from "./artifact-cache.ts";
import { messageOf } from "./agent-error.ts";
import type { StartChild } from "./child-process.ts";
import type { FromMeasure, ToMeasure } from "./measure-process.ts";
import type { Hardware, MeasureTask, Notice, ObservedMeasure } from "./protocol/control.ts";

export type Measurements = { set(tasks: readonly MeasureTask[]): void; observe(): ObservedMeasure[]; running(): boolean; stop(): void };
export type MeasurementsOptions = {
  cache: ArtifactCache;
  startChild: StartChild;
  hardware(): Hardware;
  maxMemoryBytes: number | null;
  notice(notice: Omit<Notice, "at">): void;
  changed(): void;
};

export function createMeasurements(options: MeasurementsOptions): Measurements {
  let tasks: readonly MeasureTask[] = [];
  const observed = new Map<string, ObservedMeasure>();
  let running: { taskId: string; abort: AbortController } | null = null;

  const tell = (task: MeasureTask, change: Partial<ObservedMeasure>) => {
    const before = observed.get(task.taskId) ?? { taskId: task.taskId, modelId: task.modelId, state: "fetching", message: null, result: null };
    observed.set(task.taskId, { ...before, ...change });
    options.changed();
  };

  const next = async (): Promise<void> => {
    if (running) return;
    const task = tasks.find((one) => !observed.has(one.taskId));
    if (!task) return;
    const abort = new AbortController();
    running = { taskId: task.taskId, abort };
    tell(task, { state: "fetching" });
    try {
      if (options.maxMemoryBytes !== null && task.segment.memoryBytes > options.maxMemoryBytes) {
        throw new Error(`needs ${task.segment.memoryBytes} bytes of memory, this node's limit is ${options.maxMemoryBytes}`);
      }
      const skeletonPath = await options.cache.segment(task.segment, { signal: abort.signal });
      tell(task, { state: "running" });
      const { deviceClass, ortVersion } = options.hardware();
      const answer = await askMeasureProcess(options.startChild, { type: "measure", task, skeletonPath, deviceClass, ortVersion }, task.timeoutMs, abort.signal);
      if (answer.type !== "result") throw new Error(answer.type === "failed" ? answer.message : "the measuring process answered something else");
      tell(task, { state: "done", result: answer.result });
    } catch (error) {
      if (!abort.signal.aborted) {
        tell(task, { state: "failed", message: messageOf(error) });
        options.notice({ level: "warn", code: "measure-failed", message: `measuring ${task.modelId}: ${messageOf(error)}` });
      }
    }
    running = null;
    void next();
  };

  return {
    running: () => running !== null,
    set(wanted) {
      tasks = wanted;
      const ids = new Set(wanted.map((task) => task.taskId));
      for (const taskId of observed.keys()) if (!ids.has(taskId)) observed.delete(taskId);
      if (running && !ids.has(running.taskId)) running.abort.abort();
      void next();
    },
    observe: () => [...observed.values()],
    stop() {
      tasks = [];
      running?.abort.abort();
    },
  };
}

/** Starts the process, asks one thing, and ends it, whatever it is doing, when the time is over. */
export function askMeasureProcess(startChild: StartChild, question: ToMeasure, timeoutMs: number, signal?: AbortSignal): Promise<FromMeasure> {
  return new Promise((resolve, reject) => {
    const child = startChild<ToMeasure, FromMeasure>({
      entry: "measure",
      onMessage: (message) => message.type !== "booted" && settle(() => resolve(message)),
      onExit: (reason) => settle(() => reject(new Error(`the measuring process ${reason}`))),
    });
    const settle = (finish: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      finish();
    };
    const stop = (message: string) => settle(() => {
      child.kill();
      reject(new Error(message));
    });
    const abort = () => stop("cancelled");
    const timer = setTimeout(() => stop(`measuring took longer than ${timeoutMs} ms`), timeoutMs);
    signal?.addEventListener("abort", abort);
    child.send(question);
  });
}
