// Owns measuring on this node, one task at a time in a process of its own: fetch, run, report. A result is kept until the console stops asking for it.
import type { ArtifactCache } from "./artifact-cache.ts";
import { messageOf } from "./agent-error.ts";
import type { StartChild } from "./child-process.ts";
import type { FromMeasure, MeasureOrder, ToMeasure } from "./measure-process.ts";
import { type Hardware, MAX_MEASURE_SEGMENTS, type MeasureTask, type Notice, type ObservedMeasure } from "./protocol/control.ts";
import { AGENT_VERSION } from "./version.ts";

/**
 * Without a request for this long a node that has served counts as idle: what was moved away from it, because something else slows it down, may come back within
 * minutes, and what is measured meanwhile is not the node's own pace. One that never served is idle at once …
 */
const IDLE_FOR_MS = 10 * 60_000;
/** … looked at this often, also while a task that gives way to requests runs. */
const LOOK_EVERY_MS = 500;

export type Measurements = { set(tasks: readonly MeasureTask[]): void; observe(): ObservedMeasure[]; running(): boolean; stop(): void };
export type MeasurementsOptions = {
  cache: ArtifactCache;
  startChild: StartChild;
  hardware(): Hardware;
  maxMemoryBytes: number | null;
  /** Milliseconds since this node last worked on a request; infinite before the first. */
  idleMs(): number;
  notice(notice: Omit<Notice, "at">): void;
  changed(): void;
};

const WAITS = "waits until this node serves no request";
const GAVE_WAY = "requests came";
/** The console knows how it ended: nothing more is to be done. */
const isTold = (one: ObservedMeasure | undefined): boolean => one?.state === "done" || one?.state === "failed";

export function createMeasurements(options: MeasurementsOptions): Measurements {
  let tasks: readonly MeasureTask[] = [];
  const observed = new Map<string, ObservedMeasure>();
  let running: { taskId: string; abort: AbortController } | null = null;
  let lookAgain: NodeJS.Timeout | null = null;

  const tell = (task: MeasureTask, change: Partial<ObservedMeasure>) => {
    const before = observed.get(task.taskId) ?? { taskId: task.taskId, modelId: task.modelId, state: "fetching", message: null, result: null };
    observed.set(task.taskId, { ...before, ...change });
    options.changed();
  };

  const next = async (): Promise<void> => {
    if (running) return;
    const waiting = tasks.filter((one) => !isTold(observed.get(one.taskId)));
    // What may start now goes first: a task that waits for quiet keeps nobody else.
    const task = waiting.find((one) => !one.whenIdle) ?? waiting.find(() => options.idleMs() >= IDLE_FOR_MS);
    if (!task) {
      for (const one of waiting) if (!observed.has(one.taskId)) tell(one, { state: "fetching", message: WAITS });
      if (waiting.length > 0) lookAgain ??= setTimeout(() => { lookAgain = null; void next(); }, LOOK_EVERY_MS);
      return;
    }
    const abort = new AbortController();
    running = { taskId: task.taskId, abort };
    const watch = task.whenIdle ? setInterval(() => { if (options.idleMs() < LOOK_EVERY_MS) abort.abort(GAVE_WAY); }, LOOK_EVERY_MS) : undefined;
    try {
      tell(task, { state: "done", message: null, result: await measureTask(task, abort.signal) });
    } catch (error) {
      if (abort.signal.reason === GAVE_WAY) tell(task, { state: "fetching", message: WAITS });
      else if (!abort.signal.aborted) {
        tell(task, { state: "failed", message: messageOf(error) });
        options.notice({ level: "warn", code: "measure-failed", message: `measuring ${task.modelId}: ${messageOf(error)}` });
      }
    }
    clearInterval(watch);
    running = null;
    void next();
  };

  const measureTask = async (task: MeasureTask, signal: AbortSignal) => {
    tell(task, { state: "fetching", message: null });
    const { maxMemoryBytes } = options;
    if (maxMemoryBytes !== null && task.segment.memoryBytes > maxMemoryBytes) {
      throw new Error(`needs ${task.segment.memoryBytes} bytes of memory, this node's limit is ${maxMemoryBytes}`);
    }
    // The whole stays loaded beside each segment: what does not fit beside it is left out.
    const segments = (task.segments ?? []).slice(0, MAX_MEASURE_SEGMENTS).filter(({ segment }) => maxMemoryBytes === null || task.segment.memoryBytes + segment.memoryBytes <= maxMemoryBytes);
    const skeletonPath = await options.cache.segment(task.segment, { signal });
    const segmentPaths: string[] = [];
    for (const { segment } of segments) segmentPaths.push(await options.cache.segment(segment, { signal }));
    tell(task, { state: "running" });
    const { deviceClass, ortVersion, cores } = options.hardware();
    const order: MeasureOrder = { type: "measure", task: { ...task, segments }, skeletonPath, segmentPaths, deviceClass, ortVersion, cores, agentVersion: AGENT_VERSION };
    const answer = await askMeasureProcess(options.startChild, order, task.timeoutMs, signal);
    if (answer.type !== "result") throw new Error(answer.type === "failed" ? answer.message : "the measuring process answered something else");
    return answer.result;
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
      if (lookAgain) clearTimeout(lookAgain);
      lookAgain = null;
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
