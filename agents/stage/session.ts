// Owns the ONNX Runtime session of a segment: load, run, the state of its streams, dispose. The only import of onnxruntime-node in serving.
// Runs block the thread they are called on. Knows nothing of frames, lanes or deadlines.
import { createRequire } from "node:module";
import type * as Ort from "onnxruntime-node";
import type { SessionOptions, StatePair } from "../protocol/control.ts";
import { runtimeOptions } from "./runtime-options.ts";
import { elementCount, tensorBytes, type DataType } from "../protocol/tensor.ts";

/** A tensor inside `RunJob.buffer`. */
export type TensorAt = { name: string; dataType: DataType; shape: number[]; offset: number };
export type RunJob = {
  buffer: ArrayBuffer;
  inputs: TensorAt[];
  /** Outputs to hand back; states are kept here. */
  wants: string[];
  /** null = no state kept: state inputs not given are zeros. */
  stream: { key: string; first: boolean; last: boolean } | null;
};
export type TensorOut = { name: string; dataType: DataType; shape: number[]; data: Uint8Array<ArrayBuffer> };
export type RunResult = { outputs: TensorOut[]; computeMs: number; /** Kept for the job's stream. */ stateBytes: number };

export type OrtSession = {
  inputNames: readonly string[]; outputNames: readonly string[];
  run(job: RunJob): Promise<RunResult>;
  forget(streamKey: string): void;
  /** Copies of a stream's state by its inputs' names; it stays. null = there is none. */
  takeState(streamKey: string): TensorOut[] | null;
  /** Keeps them as a stream's state, each in memory of its own. Throws where ONNX Runtime takes no such tensor. */
  giveState(streamKey: string, tensors: readonly TensorOut[]): void;
  /** The same state under another key as well; nothing is copied: runs never write to it. */
  shareState(streamKey: string, as: string): void;
  dispose(): Promise<void>;
};

type TypedArrayConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView;
const TYPED_ARRAYS: Record<DataType, TypedArrayConstructor> = {
  bool: Uint8Array, uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array, float16: Uint16Array,
  uint32: Uint32Array, int32: Int32Array, float32: Float32Array, uint64: BigUint64Array, int64: BigInt64Array, float64: Float64Array,
};

/** Rejects with ONNX Runtime's own message when the file is not loadable. */
export async function loadSession(skeletonPath: string, options: SessionOptions, states: StatePair[]): Promise<OrtSession> {
  const ort = createRequire(import.meta.url)("onnxruntime-node") as typeof Ort;
  const session = await ort.InferenceSession.create(skeletonPath, runtimeOptions(options));
  const kept = new Map<string, Record<string, Ort.Tensor>>();
  const mine = states.filter((state) => session.inputNames.includes(state.input));

  const tensor = (dataType: DataType, shape: number[], buffer: ArrayBuffer, offset: number): Ort.Tensor =>
    new ort.Tensor(dataType as "float32", new TYPED_ARRAYS[dataType](buffer, offset, elementCount(shape)) as Float32Array, shape);
  const zeros = ({ dataType, shape }: StatePair) => tensor(dataType, shape, new ArrayBuffer(tensorBytes(dataType, shape)), 0);

  async function run(job: RunJob): Promise<RunResult> {
    const feeds: Record<string, Ort.Tensor> = {};
    for (const input of job.inputs) feeds[input.name] = tensor(input.dataType, input.shape, job.buffer, input.offset);
    const before = job.stream && !job.stream.first ? kept.get(job.stream.key) : undefined;
    if (job.stream) kept.delete(job.stream.key); // a step that fails leaves no state behind
    for (const state of mine) feeds[state.input] ??= before?.[state.input] ?? zeros(state);
    const keep = job.stream && !job.stream.last && mine.length > 0;
    const fetches = keep ? [...new Set([...job.wants, ...mine.map((state) => state.output)])] : job.wants;
    const startedAt = performance.now();
    const results = await session.run(feeds, fetches);
    const computeMs = performance.now() - startedAt;
    let stateBytes = 0;
    if (keep) {
      kept.set(job.stream!.key, Object.fromEntries(mine.map((state) => [state.input, results[state.output]!])));
      for (const state of mine) stateBytes += bytesOf(results[state.output]!).length;
    }
    const outputs = job.wants.map((name) => {
      const result = results[name]!;
      const bytes = bytesOf(result);
      // What is kept as state stays here; the copy travels.
      const own = keep && mine.some((state) => state.output === name) ? bytes.slice() : bytes;
      return { name, dataType: result.type as DataType, shape: [...result.dims], data: own };
    });
    return { outputs, computeMs, stateBytes };
  }

  return {
    inputNames: session.inputNames, outputNames: session.outputNames, run,
    forget: (key) => void kept.delete(key),
    takeState(key) {
      const state = kept.get(key);
      return state ? Object.entries(state).map(([name, value]) => ({ name, dataType: value.type as DataType, shape: [...value.dims], data: bytesOf(value).slice() })) : null;
    },
    giveState: (key, tensors) => void kept.set(key, Object.fromEntries(tensors.map(({ name, dataType, shape, data }) => [name, tensor(dataType, shape, data.buffer, data.byteOffset)]))),
    shareState(key, as) {
      const state = kept.get(key);
      if (state) kept.set(as, state);
    },
    dispose: () => session.release(),
  };
}

function bytesOf(value: Ort.Tensor): Uint8Array<ArrayBuffer> {
  const view = value.data as unknown as Uint8Array<ArrayBuffer>;
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
