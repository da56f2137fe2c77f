// Entry point of a plan's parity badge: the whole model against its segments, on fixed inputs, in a child process with limits.
import { readFileSync } from "node:fs";
import { freemem } from "node:os";
import { encodeParityFile } from "../../agents/protocol/parity-file.ts";
import type { SegmentSpec, SessionOptions } from "../../agents/protocol/control.ts";
import type { WireTensor } from "../../agents/protocol/tensor.ts";
import { segmentFileName } from "../model/extract.ts";
import { buildGraph } from "../model/graph.ts";
import type { ModelFacts } from "../model/model.ts";
import { ModelRefusal } from "../model/model-refusal.ts";
import { parseModel } from "../model/onnx-proto.ts";
import { sampleInputs, vocabularyOf } from "../model/sample-inputs.ts";
import { describeInputs } from "../planner/describe-inputs.ts";
import type { Parity, ParityInputs } from "../planner/plan.ts";
import { openFileSource } from "../threads/file-source.ts";
import { type ModelFolder, openModelFolder } from "./model-folder.ts";
import { runInspect } from "./run-inspect.ts";

/** Per output max|a − b| / max(1, max|ref|): what float32 re-ordering of sums can cause, with room. */
export const PARITY_TOLERANCE = 1e-5;
/** Whole model and segments are resident together, each with its workspace. */
const MEMORY_FACTOR = 3;
/** Steps compared for a model with recurrent state where there is only one request to feed it. */
const STATE_STEPS = 8;
const TIMEOUT_MS = 300_000;
const SEED = 7;

export type CheckParityOptions = {
  path: string;
  externalFiles: { fileName: string; path: string }[];
  facts: ModelFacts;
  segments: ({ spec: Pick<SegmentSpec, "inputs" | "outputs" | "states"> } & ({ skeleton: Uint8Array } | { skeletonPath: string }))[];
  /** Real inputs (all but state); made up, seeded and real-looking where absent. */
  inputs?: RealInputs;
  /** Why there are no better inputs; kept with the badge. */
  note?: string | null;
  session?: SessionOptions;
  signal?: AbortSignal;
  nowIso: string;
  /** Bytes this machine may use; what is free now where absent. */
  memoryBytes?: number;
};

/** `stepPaths`: parity files without outputs, one a step. */
export type RealInputs = { stepPaths: string[]; about: ParityInputs };

/** Never throws but for a cancel: what goes wrong is the badge's own "failed" or "structure-only". */
export async function checkParity(options: CheckParityOptions): Promise<{ parity: Parity; parityFile: Uint8Array | null }> {
  const { facts, nowIso: checkedAt } = options;
  const weightBytes = facts.fileBytes + facts.externalFiles.reduce((sum, file) => sum + file.bytes, 0);
  const memoryBytes = options.memoryBytes ?? freemem();
  if (weightBytes * MEMORY_FACTOR > memoryBytes) {
    const reason = `Comparing numbers needs about ${gib(weightBytes * MEMORY_FACTOR)} GiB of memory and ${gib(memoryBytes)} GiB are free here; only the structure was checked.`;
    return { parity: { status: "structure-only", reason, checkedAt }, parityFile: null };
  }
  const folder = openModelFolder(options.path);
  try {
    const { stepPaths, about } = options.inputs ?? madeUp(options, folder);
    const wholePath = folder.add("whole/model.onnx", options.path);
    folder.add(`pieces/${segmentFileName(facts, null)}`, options.path);
    for (const file of options.externalFiles) {
      folder.add(`whole/${file.fileName}`, file.path);
      folder.add(`pieces/${segmentFileName(facts, file.fileName)}`, file.path);
    }
    const segments = options.segments.map((segment, index) => ({
      path: folder.write(`pieces/segment-${index}.onnx`, "skeleton" in segment ? segment.skeleton : readFileSync(segment.skeletonPath)),
      inputs: segment.spec.inputs.map((input) => input.name), outputs: segment.spec.outputs.map((output) => output.name), states: segment.spec.states,
    }));
    const result = await runInspect({
      kind: "parity", wholePath, segments, stepPaths, outputs: facts.outputs, states: facts.states, steps: about.steps, session: options.session ?? { intraOpThreads: 1, optimization: "all", provider: "cpu" }, parityPath: `${folder.path}/parity.bin`, tolerance: PARITY_TOLERANCE,
    }, { weightBytes: weightBytes * 2, timeoutMs: TIMEOUT_MS, signal: options.signal });
    const { maxRelError, perOutput } = result;
    const parity: Parity = { status: maxRelError <= PARITY_TOLERANCE ? "equal" : "different", maxRelError: finite(maxRelError), tolerance: PARITY_TOLERANCE, perOutput: perOutput.map((one) => ({ ...one, maxRelError: finite(one.maxRelError) })), inputs: describeInputs(about), madeOn: about, checkedAt };
    return { parity, parityFile: new Uint8Array(readFileSync(`${folder.path}/parity.bin`)) };
  } catch (error) {
    if (error instanceof ModelRefusal && error.code === "cancelled") throw error;
    if (error instanceof ModelRefusal && error.code === "runtime-memory") return { parity: { status: "structure-only", reason: `${error.message} Only the structure was checked.`, checkedAt }, parityFile: null };
    return { parity: { status: "failed", message: error instanceof Error ? error.message : String(error), checkedAt }, parityFile: null };
  } finally {
    folder.remove();
  }
}

/** One made-up request; with state it is fed again and again. */
function madeUp({ path, facts, note }: CheckParityOptions, folder: ModelFolder): RealInputs {
  const inputs = madeUpInputs(path, facts);
  const tensors = inputs.map(({ name, dataType, shape }) => ({ name, dataType, shape }));
  return {
    stepPaths: [folder.write("inputs.bin", encodeParityFile({ inputs, outputs: [] }))],
    about: { source: "made-up", kind: null, fileName: null, digest: null, tensors, steps: stepsOf(facts, 1), note: note ?? null },
  };
}

/** Runs that are compared where `given` steps are there: one request alone carries no state, so that it is repeated. */
export function stepsOf(facts: ModelFacts, given: number): number {
  return given === 1 && facts.states.length > 0 ? STATE_STEPS : given;
}

/** Seeded inputs for everything but state. */
export function madeUpInputs(path: string, facts: ModelFacts, seed: number = SEED): WireTensor[] {
  const states = new Set(facts.states.map((state) => state.input));
  const source = openFileSource(path);
  try {
    const graph = buildGraph(parseModel(source));
    return sampleInputs({ inputs: facts.inputs.filter((input) => !states.has(input.name)), dimensionValues: parityDimensions(facts), vocabulary: (name) => vocabularyOf(graph, name), zeros: states, seed });
  } finally {
    source.close();
  }
}

/** As for FLOPs, but the first step of a model with a growing past: there is none yet. */
function parityDimensions(facts: ModelFacts): Record<string, number> {
  const empty = new Set(facts.states.flatMap((state) => state.shape.flatMap((size, axis) => (size === 0 ? [facts.inputs.find((input) => input.name === state.input)?.shape?.[axis]] : []))));
  const past = [...empty].filter((name): name is string => typeof name === "string" && name !== "");
  if (past.length === 0) return facts.dimensionValues;
  const removed = Math.max(...past.map((name) => facts.dimensionValues[name] ?? 0));
  return Object.fromEntries(Object.entries(facts.dimensionValues).map(([name, value]) => [name, past.includes(name) ? 0 : value > removed ? value - removed : value]));
}

/** JSON has no infinity. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.MAX_VALUE;
}

function gib(bytes: number): string {
  return (bytes / 1024 ** 3).toFixed(1);
}
