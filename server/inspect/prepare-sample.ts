// Entry point of a sample: its file as tensors, made in a child process with limits, because decoding what somebody sent can go wrong in
// every way there is; and one run of the whole model on them.
import { readFileSync } from "node:fs";
import { freemem } from "node:os";
import { decodeParityFile, encodeParityFile } from "../../agents/protocol/parity-file.ts";
import { tensorBytes } from "../../agents/protocol/tensor.ts";
import type { ModelFacts } from "../model/model.ts";
import { MAX_SAMPLE_STEPS, MAX_SAMPLE_TENSOR_BYTES, type SampleTensor } from "../model/model-sample.ts";
import type { SampleJob } from "./jobs.ts";
import { openModelFolder } from "./model-folder.ts";
import { runInspect } from "./run-inspect.ts";

/** A photograph of 24 megapixels takes a second or two; a bomb must not take minutes. */
const TIMEOUT_MS = 30_000;
/** The model's weights and their copy in ONNX Runtime's own layout. */
const MEMORY_FACTOR = 2;

export type PrepareSampleOptions = Pick<SampleJob, "path" | "processor"> & { facts: ModelFacts; signal?: AbortSignal };
/** `remove`: ends the files' life. */
export type PreparedSample = { stepPaths: string[]; tensors: SampleTensor[]; remove(): void };

/** A refusal is a result. @throws ModelRefusal runtime-crashed, runtime-timeout, runtime-memory, io, cancelled */
export async function prepareSample({ path, processor, facts, signal }: PrepareSampleOptions): Promise<PreparedSample | { refusal: string }> {
  const folder = openModelFolder(path);
  try {
    const { inputs, outputs, states } = facts;
    const { result } = await runInspect(
      { kind: "sample", path, processor, model: { inputs, outputs, states }, maxSteps: MAX_SAMPLE_STEPS, maxTensorBytes: MAX_SAMPLE_TENSOR_BYTES, folder: folder.path },
      { weightBytes: 0, timeoutMs: TIMEOUT_MS, ...(signal ? { signal } : {}) },
    );
    if (result.refusal === null) return { stepPaths: result.stepPaths, tensors: result.tensors, remove: folder.remove };
    folder.remove();
    return { refusal: result.refusal };
  } catch (error) {
    folder.remove();
    throw error;
  }
}

/**
 * Runs the whole model once on the first step, state at zero: dimensions that only meet inside the model show here. Where the machine has not the
 * memory it is not tried, and the parity check says what it can.
 * @throws ModelRefusal runtime-refused with ONNX Runtime's own words; runtime-crashed, runtime-timeout, runtime-memory, cancelled
 */
export async function tryPrepared(prepared: PreparedSample, options: { path: string; externalFiles: { fileName: string; path: string }[]; facts: ModelFacts; signal?: AbortSignal }): Promise<void> {
  const { facts } = options;
  const weightBytes = facts.fileBytes + facts.externalFiles.reduce((sum, file) => sum + file.bytes, 0);
  if (weightBytes * MEMORY_FACTOR > freemem()) return;
  const folder = openModelFolder(options.path);
  try {
    const { inputs } = decodeParityFile(readFileSync(prepared.stepPaths[0] as string));
    const state = facts.states.map(({ input, dataType, shape }) => ({ name: input, dataType, shape, data: new Uint8Array(tensorBytes(dataType, shape)) }));
    const inputsPath = folder.write("inputs.bin", encodeParityFile({ inputs: [...inputs, ...state], outputs: [] }));
    const modelPath = folder.add("model.onnx", options.path);
    for (const file of options.externalFiles) folder.add(file.fileName, file.path);
    await runInspect({ kind: "run-shapes", modelPath, inputsPath }, { weightBytes, ...(options.signal ? { signal: options.signal } : {}) });
  } finally {
    folder.remove();
  }
}
