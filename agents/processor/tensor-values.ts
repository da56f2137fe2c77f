// Owns reading a model's outputs as numbers and making small integer inputs. Little endian, as on the wire.
import { elementCount, type TensorSpec, type WireTensor } from "../protocol/tensor.ts";
import { ProcessorError } from "./processor-error.ts";
import type { ProcessorModel } from "./processor.ts";

/** Copies, because a received view need not start at a multiple of four. */
export function floatsOf(tensor: WireTensor): Float32Array {
  const bytes = tensor.data.slice();
  if (tensor.dataType === "float32") return new Float32Array(bytes.buffer, 0, elementCount(tensor.shape));
  if (tensor.dataType === "float64") return Float32Array.from(new Float64Array(bytes.buffer, 0, elementCount(tensor.shape)));
  throw new ProcessorError("output", `output "${tensor.name}" is ${tensor.dataType}, this processor reads float32`);
}

/** int64 or int32 from plain numbers. */
export function integerTensor(input: TensorSpec, shape: number[], values: number[]): WireTensor {
  const typed = input.dataType === "int64" ? BigInt64Array.from(values, BigInt) : input.dataType === "int32" ? Int32Array.from(values) : null;
  if (!typed) throw new ProcessorError("option", `input "${input.name}" is ${input.dataType}; this processor makes int64 and int32 inputs`);
  return { name: input.name, dataType: input.dataType, shape, data: new Uint8Array(typed.buffer) };
}

/** Inputs a request must bring: state is kept by the stages. */
export function requestInputs(model: ProcessorModel): TensorSpec[] {
  return model.inputs.filter((input) => !model.states.some((state) => state.input === input.name));
}
/** Outputs a request gets. */
export function requestOutputs(model: ProcessorModel): TensorSpec[] {
  return model.outputs.filter((output) => !model.states.some((state) => state.output === output.name));
}

/** The named one, or the only one. @throws ProcessorError "option" */
export function pickSpec(specs: TensorSpec[], name: string | null, what: "input" | "output"): TensorSpec {
  const names = specs.map((spec) => `"${spec.name}"`).join(", ") || "none";
  if (name !== null) {
    const named = specs.find((spec) => spec.name === name);
    if (named) return named;
    throw new ProcessorError("option", `the model has no ${what} "${name}"; it has: ${names}`);
  }
  const only = specs[0];
  if (only && specs.length === 1) return only;
  throw new ProcessorError("option", `the model has ${specs.length} ${what}s (${names}): name one with the option "${what}"`);
}

export function outputNamed(outputs: WireTensor[] | undefined, name: string): WireTensor {
  const found = outputs?.find((output) => output.name === name);
  if (!found) throw new ProcessorError("output", `the model's answer lacks the output "${name}"`);
  return found;
}

export function softmax(values: ArrayLike<number>): Float32Array {
  const result = Float32Array.from(values);
  const max = result.reduce((best, value) => Math.max(best, value), Number.NEGATIVE_INFINITY);
  let sum = 0;
  for (let index = 0; index < result.length; index++) sum += result[index] = Math.exp(result[index]! - max);
  return result.map((value) => value / sum);
}
