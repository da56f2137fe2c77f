// Owns the steps of an import's analysis: parse, check external data, ask the runtime for shapes in a child process, lay out.
import type { ByteSource } from "../model/byte-source.ts";
import { chooseDimensionValues, firstStepShape } from "../model/dimensions.ts";
import { analyse, checkOutputs } from "../model/facts.ts";
import { buildGraph, type Graph, tensorByteSize } from "../model/graph.ts";
import type { ModelFacts } from "../model/model.ts";
import { ModelRefusal, shortName } from "../model/model-refusal.ts";
import { DATA_TYPE_OF, ELEMENT_TYPE_OF, type TensorProto } from "../model/onnx-types.ts";
import { parseModel } from "../model/onnx-proto.ts";
import { sampleInputs, vocabularyOf } from "../model/sample-inputs.ts";
import { askableValues, nonWireValues, type ReportedValue, type ShapeReports, shapeProbe, unresolvedValues, weightBytesFor } from "../model/shapes.ts";
import { findStates } from "../model/states.ts";
import { encodeParityFile } from "../../agents/protocol/parity-file.ts";
import { type ModelFolder, modelFolderAt } from "../inspect/model-folder.ts";
import { runInspect } from "../inspect/run-inspect.ts";
import { openFileSource } from "./file-source.ts";
import type { AnalyseJob, ExternalFile, Progress } from "./messages.ts";

/** A run for sizes that the runtime could not infer loads the weights: not worth it, and not always possible, above this. */
const MAX_RUN_WEIGHT_BYTES = 1024 * 1024 * 1024;
const RUN_TIMEOUT_MS = 60_000;
const STEPS = 4;

type Options = { signal: AbortSignal; onProgress(progress: Progress): void };

/** Errors: ModelRefusal. */
export async function analyseFile(job: AnalyseJob, options: Options): Promise<ModelFacts> {
  const source = openFileSource(job.path);
  try {
    options.onProgress({ step: "reading the model", done: 0, total: STEPS });
    const graph = buildGraph(parseModel(source));
    checkExternal(graph, job.externalFiles);
    const reports = await askRuntime(job, source, graph, options);
    options.onProgress({ step: "finding layers and cuts", done: STEPS - 1, total: STEPS });
    return analyse(graph, reports, { digest: job.digest, fileBytes: source.size, externalFiles: job.externalFiles.map(({ fileName, digest, bytes }) => ({ fileName, digest, bytes })) });
  } finally {
    source.close();
  }
}

/** Every external weight lies inside a file that was given. */
export function checkExternal(graph: Graph, files: ExternalFile[]): void {
  const byName = new Map(files.map((file) => [file.fileName, file]));
  const constants = graph.ops.flatMap((op): [string, TensorProto][] => {
    const tensor = op.opType === "Constant" ? op.attributes.get("value")?.tensor : null;
    return tensor ? [[op.name, tensor]] : [];
  });
  for (const [name, tensor] of [...graph.initializers, ...constants]) {
    if (tensor.external === null) continue;
    const file = byName.get(tensor.external.location);
    const place = `graph.initializer "${shortName(name)}"`;
    if (file === undefined) throw new ModelRefusal("external-missing", `The weights are in another file, "${shortName(tensor.external.location)}", which was not uploaded.`, { place, fix: "Upload the .onnx file together with its data files." });
    const end = tensor.external.offset + (tensor.external.length ?? tensorByteSize(tensor) ?? 0);
    if (end > file.bytes) throw new ModelRefusal("external-size", `"${shortName(file.fileName)}" has ${file.bytes} bytes; a weight needs ${end}.`, { place, fix: "The data file is not complete: upload it again." });
  }
}

async function askRuntime(job: AnalyseJob, source: ByteSource, graph: Graph, options: Options): Promise<ShapeReports> {
  const dimensionValues = chooseDimensionValues(graph);
  const notWire = nonWireValues(graph);
  checkOutputs(graph, (name) => notWire.get(name) ?? null);
  const ask = askableValues(graph, notWire);
  const folder = modelFolderAt(job.folder);
  if ([...graph.initializers.values()].some((tensor) => DATA_TYPE_OF[tensor.elementType] === undefined)) addWeights(folder, job);
  const probe = async (fixed: Record<string, number> | null): Promise<ReportedValue[]> => {
    const modelPath = folder.write(fixed === null ? "symbolic.onnx" : "fixed.onnx", shapeProbe(source, graph, ask, fixed, false));
    return (await runInspect({ kind: "metadata", modelPath }, { weightBytes: 0, signal: options.signal })).values;
  };
  options.onProgress({ step: "asking ONNX Runtime for types and shapes", done: 1, total: STEPS });
  const symbolic = await probe(null);
  // Fixed sizes may contradict what a model allows; then only the run below can tell.
  const fixed = await probe(dimensionValues).catch(rethrowCancel);
  const seen = await runForSizes(job, source, graph, unresolvedValues(graph, notWire, { symbolic, fixed }), folder, options);
  return { symbolic, fixed, seen };
}

function rethrowCancel(error: unknown): [] {
  if (error instanceof ModelRefusal && error.code !== "cancelled") return [];
  throw error;
}

function addWeights(folder: ModelFolder, job: AnalyseJob): void {
  folder.add("model.onnx", job.path);
  for (const file of job.externalFiles) folder.add(file.fileName, file.path);
}

async function runForSizes(job: AnalyseJob, source: ByteSource, graph: Graph, values: string[], folder: ModelFolder, options: Options): Promise<ShapeReports["seen"]> {
  const weightBytes = weightBytesFor(graph, values);
  if (values.length === 0 || weightBytes > MAX_RUN_WEIGHT_BYTES) return [];
  options.onProgress({ step: "running the model once for sizes", done: 2, total: STEPS });
  try {
    const inputsPath = folder.write("inputs.bin", encodeParityFile({ inputs: madeUpInputs(graph), outputs: [] }));
    const modelPath = folder.write("run.onnx", shapeProbe(source, graph, values, null, true));
    addWeightsOnce(folder, job);
    return (await runInspect({ kind: "run-shapes", modelPath, inputsPath }, { weightBytes, timeoutMs: RUN_TIMEOUT_MS, signal: options.signal })).seen;
  } catch (error) {
    return error instanceof RangeError ? [] : rethrowCancel(error);
  }
}

function addWeightsOnce(folder: ModelFolder, job: AnalyseJob): void {
  try {
    addWeights(folder, job);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function madeUpInputs(graph: Graph) {
  const dimensionValues = chooseDimensionValues(graph);
  const states = findStates(graph.inputs, graph.outputs, (input) => firstStepShape(input, dimensionValues));
  const nameOf = Object.fromEntries(Object.entries(ELEMENT_TYPE_OF).map(([name, number]) => [number, name]));
  const inputs = graph.inputs.map((input) => ({ name: input.name, dataType: nameOf[input.elementType] as keyof typeof ELEMENT_TYPE_OF, shape: input.shape }));
  return sampleInputs({ inputs, dimensionValues, vocabulary: (name) => vocabularyOf(graph, name), zeros: new Set(states.map((state) => state.input)), seed: 1 });
}
