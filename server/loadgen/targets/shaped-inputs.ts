// Owns which tensors are made up: a model's declared inputs with their open dimensions closed.
import type { TensorSpec } from "./made-up-tensor.ts";

/** An open dimension without a size is 1. @throws Error when nothing can be made up, or `shapes` names an input that the model has not */
export function shapedInputs(declared: readonly TensorSpec[], shapes: Record<string, number[]>, { url, model, hasData }: { url: string; model: string; hasData: boolean }): TensorSpec[] {
  if (declared.length === 0 && !hasData) throw new Error(`${url} says of model "${model}" no inputs: give real requests with --data.`);
  const unknown = Object.keys(shapes).find((name) => !declared.some((input) => input.name === name));
  if (unknown !== undefined) throw new Error(`The model has no input "${unknown}"; it has ${declared.map(({ name }) => `"${name}"`).join(", ")}.`);
  return declared.map(({ name, datatype, shape }) => ({ name, datatype, shape: shapes[name] ?? shape.map((size) => (size < 0 ? 1 : size)) }));
}
