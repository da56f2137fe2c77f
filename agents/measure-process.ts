// Owns the process that measures: loads a segment as a stage would, runs it, runs it again under the runtime's profiler, and tells the medians.
// Also answers which execution providers load here, so that the agent's main process never loads the runtime.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as Ort from "onnxruntime-node";
import { messageOf } from "./agent-error.ts";
import type { MeasuredProfile, MeasureTask, StatePair } from "./protocol/control.ts";
import { type DataType, elementCount, tensorBytes } from "./protocol/tensor.ts";
import { endWithParent } from "./end-with-parent.ts";
import { giveBack } from "./stage/give-back.ts";
import { runtimeOptions } from "./stage/runtime-options.ts";

export type ToMeasure = { type: "providers" } | MeasureOrder;
export type MeasureOrder = {
  type: "measure"; task: MeasureTask; skeletonPath: string; deviceClass: string; ortVersion: string; agentVersion: string;
  /** Of the task's segments, in their order. */
  segmentPaths: string[];
  /** Cores this node may use: below 1 a quota pauses every run, and its pauses count. */
  cores: number;
};
export type FromMeasure =
  | { type: "booted" }
  | { type: "providers"; providers: string[] }
  | { type: "result"; result: MeasuredProfile }
  | { type: "failed"; message: string };

/** y = Identity(x), float[1]: the smallest model there is, to see whether the runtime loads and runs at all. */
const TINY_MODEL = Buffer.from("CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCAhAN", "base64");
/** Thrown away: caches, lazy allocations, a core waking up. */
const WARM_RUNS = 3;
/** Of each segment; when time runs short, at least the second figure. */
const SEGMENT_RUNS = 15;
const LEAST_SEGMENT_RUNS = 5;
/** More tells nothing, and a file that lies about its size must not fill the memory. */
const MAX_PROFILE_BYTES = 256 * 2 ** 20;

const ort = () => createRequire(import.meta.url)("onnxruntime-node") as typeof Ort;

async function providers(): Promise<string[]> {
  try {
    const session = await ort().InferenceSession.create(TINY_MODEL, { executionProviders: ["cpu"] });
    await session.release();
    return ["cpu"];
  } catch {
    return [];
  }
}

/** Seeded values in [-1, 1] for floats, 0 and 1 for integers and bools: some runtimes take shortcuts on zeros, and ids must stay small. */
function inputTensor(input: { dataType: DataType; shape: number[] }): Ort.Tensor {
  const bytes = new ArrayBuffer(tensorBytes(input.dataType, input.shape));
  const count = elementCount(input.shape);
  let state = 0x2545f491;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
  const make = <T extends { [index: number]: unknown }>(array: T, value: () => unknown): T => {
    for (let index = 0; index < count; index++) array[index] = value();
    return array;
  };
  const bit = () => (next() > 0 ? 1 : 0);
  const data = {
    float32: () => make(new Float32Array(bytes), next), float64: () => make(new Float64Array(bytes), next),
    float16: () => make(new Uint16Array(bytes), () => (bit() ? 0x3800 : 0xb800)),
    bool: () => make(new Uint8Array(bytes), bit), uint8: () => make(new Uint8Array(bytes), bit), int8: () => make(new Int8Array(bytes), bit),
    uint16: () => make(new Uint16Array(bytes), bit), int16: () => make(new Int16Array(bytes), bit),
    uint32: () => make(new Uint32Array(bytes), bit), int32: () => make(new Int32Array(bytes), bit),
    uint64: () => make(new BigUint64Array(bytes), () => BigInt(bit())), int64: () => make(new BigInt64Array(bytes), () => BigInt(bit())),
  }[input.dataType]();
  return new (ort().Tensor)(input.dataType as "float32", data as Float32Array, input.shape);
}

function feedsOf(task: Pick<MeasureTask, "segment" | "inputs">): Record<string, Ort.Tensor> {
  const states = task.segment.states.map((state: StatePair) => ({ name: state.input, dataType: state.dataType, shape: state.shape }));
  const given = new Set(task.inputs.map((input) => input.name));
  return Object.fromEntries([...task.inputs, ...states.filter((state) => !given.has(state.name))].map((input) => [input.name, inputTensor(input)]));
}

async function measure(order: MeasureOrder): Promise<MeasuredProfile> {
  const { task } = order;
  const feeds = feedsOf(task);
  const rssBefore = process.memoryUsage.rss();
  const loadStart = performance.now();
  const session = await ort().InferenceSession.create(order.skeletonPath, runtimeOptions(task.session));
  const loadMs = performance.now() - loadStart;
  const whole = { session, feeds, byProcessor: countsByProcessor(order) };
  for (let run = 0; run < WARM_RUNS; run++) await timedRun(whole);
  const runs: Run[] = [];
  for (let run = 0; run < task.runs; run++) runs.push(await timedRun(whole));
  const residentBytes = Math.max(0, process.memoryUsage.rss() - rssBefore);
  const processBytes = process.memoryUsage.rss();
  const segments = await measureSegments(order, whole, runs);
  await session.release();
  const ops = await profileOps(order, feeds);
  const { deviceClass, ortVersion, agentVersion } = order;
  const times = runs.map((run) => run.ms);
  return {
    deviceClass, ortVersion, agentVersion, session: task.session, runs: runs.length, loadMs, residentBytes, processBytes, ops, segments,
    wholeMs: quantile(times, 0.5), wholeSdMs: robustSd(times), wholeP10Ms: quantile(times, 0.1), wholeP90Ms: quantile(times, 0.9), wholeClockMs: quantile(runs.map((run) => run.clockMs), 0.5),
  };
}

type Loaded = { session: Ort.InferenceSession; feeds: Record<string, Ort.Tensor>; byProcessor: boolean };
type Run = { ms: number; clockMs: number };

/**
 * Whether a run counts by the processor's time it took, and not by the clock: what else the machine does at this moment is not the model's. With several threads
 * the clock alone knows how well they share the work, and under a quota below one core the pauses are the node's pace.
 */
function countsByProcessor({ task, cores }: MeasureOrder): boolean {
  return task.session.intraOpThreads === 1 && cores >= 1;
}

async function timedRun({ session, feeds, byProcessor }: Loaded): Promise<Run> {
  const start = performance.now();
  const before = process.cpuUsage();
  const outputs = await session.run(feeds);
  const { user, system } = process.cpuUsage(before);
  const clockMs = performance.now() - start;
  // As a stage does once they are sent: what the process holds is told, and must not be what the collector has not come by yet.
  for (const { data } of Object.values(outputs)) if (ArrayBuffer.isView(data)) giveBack(data.buffer);
  return { ms: byProcessor ? Math.min(clockMs, (user + system) / 1000) : clockMs, clockMs };
}

/** Segment by segment until the time is over. A segment and the whole run by turns: what slows the machine down for a moment slows both. The whole's are added to `runs`: the more minutes they are from, the less a slow one counts. */
async function measureSegments({ task, segmentPaths }: MeasureOrder, whole: Loaded, runs: Run[]): Promise<NonNullable<MeasuredProfile["segments"]>> {
  const measured: NonNullable<MeasuredProfile["segments"]> = [];
  const endsAt = performance.now() + (task.segmentsBudgetMs ?? 0);
  for (const [index, { segment, inputs }] of (task.segments ?? []).entries()) {
    if (performance.now() >= endsAt) break;
    const session = await ort().InferenceSession.create(segmentPaths[index] as string, runtimeOptions(task.session));
    const part = { session, feeds: feedsOf({ segment, inputs }), byProcessor: whole.byProcessor };
    for (let run = 0; run < WARM_RUNS; run++) await timedRun(part);
    const times: number[] = [];
    const wholeTimes: number[] = [];
    while (times.length < SEGMENT_RUNS && (times.length < LEAST_SEGMENT_RUNS || performance.now() < endsAt)) {
      const run = await timedRun(whole);
      runs.push(run);
      wholeTimes.push(run.ms);
      times.push((await timedRun(part)).ms);
    }
    await session.release();
    measured.push({ segmentId: segment.segmentId, ms: quantile(times, 0.5), sdMs: robustSd(times), wholeMs: quantile(wholeTimes, 0.5), runs: times.length });
  }
  return measured;
}

/** A second session with the profiler on, so that its cost is not in the whole run's time. */
async function profileOps(order: MeasureOrder, feeds: Record<string, Ort.Tensor>): Promise<MeasuredProfile["ops"]> {
  const folder = await mkdtemp(join(tmpdir(), "cutplane-profile-"));
  try {
    const session = await ort().InferenceSession.create(order.skeletonPath, { ...runtimeOptions(order.task.session), enableProfiling: true, profileFilePrefix: join(folder, "run") });
    for (let run = 0; run < WARM_RUNS + order.task.runs; run++) await session.run(feeds);
    session.endProfiling();
    await session.release();
    const file = (await readdir(folder)).find((name) => name.endsWith(".json"));
    if (!file) throw new Error("the runtime wrote no profile");
    const bytes = await readFile(join(folder, file));
    if (bytes.length > MAX_PROFILE_BYTES) throw new Error(`the runtime's profile has ${bytes.length} bytes: measure with fewer runs`);
    return opTimes(JSON.parse(bytes.toString("utf8")) as TraceEvent[], WARM_RUNS);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An event of the runtime's Chrome trace; `dur` in microseconds. */
export type TraceEvent = { cat?: string; name?: string; dur?: number; args?: { op_name?: string; node_index?: string } };

/** Median milliseconds of each executed op, in the order of execution, the first `skip` runs left out. */
export function opTimes(events: readonly TraceEvent[], skip: number): MeasuredProfile["ops"] {
  const found = new Map<string, { name: string; opType: string; times: number[] }>();
  for (const event of events) {
    if (event.cat !== "Node" || !event.name?.endsWith("_kernel_time") || event.dur === undefined) continue;
    const name = event.name.slice(0, -"_kernel_time".length);
    const key = `${event.args?.node_index ?? ""} ${name}`;
    const op = found.get(key) ?? { name, opType: event.args?.op_name ?? "", times: [] };
    op.times.push(event.dur / 1000);
    found.set(key, op);
  }
  return [...found.values()].map((op) => {
    const times = op.times.slice(op.times.length > skip ? skip : 0);
    return { name: op.name, opType: op.opType, ms: quantile(times, 0.5), sdMs: robustSd(times) };
  });
}

/** Between the two nearest values in proportion; 0 of nothing. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = p * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? 0;
  return below + ((sorted[Math.ceil(at)] ?? below) - below) * (at - Math.floor(at));
}

/** From the median distance to the median: one run that the system disturbed does not count. 1.4826 makes it a standard deviation where values are normal. */
export function robustSd(values: readonly number[]): number {
  const middle = quantile(values, 0.5);
  return 1.4826 * quantile(values.map((value) => Math.abs(value - middle)), 0.5);
}

function serve(send: (message: FromMeasure) => void): void {
  process.on("message", async (message: ToMeasure) => {
    try {
      if (message.type === "providers") send({ type: "providers", providers: await providers() });
      else send({ type: "result", result: await measure(message) });
    } catch (error) {
      send({ type: "failed", message: messageOf(error) });
    }
    process.disconnect?.();
  });
  send({ type: "booted" });
  endWithParent();
}

if (process.send && process.argv[1] && /measure(-process)?\.(mjs|ts)$/.test(process.argv[1])) serve((message) => process.send?.(message));
