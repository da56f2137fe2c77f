// Owns an infer request in the Open Inference Protocol's JSON → the message that says the same over gRPC, so that one file of samples serves both.
import { tensorBytes } from "./tensor-bytes.ts";

type Json = Record<string, unknown>;

/** Tensors go raw, as they do from gRPC clients: 16-bit floats apart, which JSON has not. @throws Error naming the sample, counted from 1 as a file's lines are */
export function inferMessage(model: string, request: Json, sample: number): object {
  const { id, parameters, inputs, outputs } = request;
  const place = `Sample ${sample + 1}`;
  if (!Array.isArray(inputs) || inputs.length === 0) throw new Error(`${place} has no "inputs": over gRPC a request is the Open Inference Protocol's.`);
  const tensors = inputs.map((input, i) => readInput(input, `${place}, input ${i + 1}`));
  return {
    model_name: model, id: id === undefined ? "" : String(id), parameters: readParameters(parameters), inputs: tensors.map(({ input }) => input), raw_input_contents: tensors.map(({ bytes }) => bytes),
    outputs: Array.isArray(outputs) ? outputs.map((output: Json) => ({ name: String(output.name), parameters: readParameters(output.parameters) })) : [],
  };
}

function readInput(input: unknown, place: string): { input: object; bytes: Buffer } {
  const { name, datatype, shape, data, parameters } = (input ?? {}) as Json;
  if (typeof name !== "string" || typeof datatype !== "string" || !Array.isArray(data)) throw new Error(`${place} must have "name", "datatype", "shape" and "data".`);
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && (size as number) >= 0)) throw new Error(`${place}: "shape" must be a list of sizes.`);
  try {
    return { input: { name, datatype, shape, parameters: readParameters(parameters) }, bytes: tensorBytes({ name, datatype, shape: shape as number[] }, data) };
  } catch (error) {
    throw new Error(`${place}: ${(error as Error).message}.`);
  }
}

/** Those of the binary extension of JSON have no meaning here. */
function readParameters(parameters: unknown): Json {
  if (typeof parameters !== "object" || parameters === null) return {};
  return Object.fromEntries(Object.entries(parameters).filter(([key]) => !key.startsWith("binary_data")).map(([key, value]) => [key, parameterOf(value)]));
}

function parameterOf(value: unknown): object {
  if (typeof value === "boolean") return { bool_param: value };
  if (typeof value === "number") return Number.isSafeInteger(value) ? { int64_param: value } : { double_param: value };
  return { string_param: typeof value === "string" ? value : JSON.stringify(value) };
}
