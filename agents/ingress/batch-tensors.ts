// Owns joining requests along their batch dimension and cutting answers apart again, and which models and requests that is possible for.
import { BYTES_PER_ELEMENT, elementCount, type TensorSpec, type WireTensor } from "../protocol/tensor.ts";

/** Why requests of a model cannot be joined; null = they can, as far as its declared shapes tell: one named dimension comes first everywhere. */
export function unbatchableBecause(inputs: readonly TensorSpec[], outputs: readonly TensorSpec[], stateful: boolean): string | null {
  if (stateful) return "the model keeps state between requests";
  const first = inputs[0]?.shape?.[0];
  if (typeof first !== "string" || first === "") return "the first dimension of its inputs has a fixed size, or no name";
  const other = [...inputs, ...outputs].find((spec) => spec.shape?.[0] !== first || spec.shape.indexOf(first, 1) >= 0);
  return other ? `"${other.name}" does not have "${first}" as its first dimension, and only there` : null;
}

/** Items of a request, and what must be equal for two to be joined. Inputs have passed the check against what the model declares. */
export function batchKeyOf(tensors: readonly WireTensor[]): { items: number; key: string } {
  const key = tensors.map(({ name, shape }) => `${name}:${shape.slice(1).join("x")}`).sort().join(" ");
  return { items: tensors[0]?.shape[0] ?? 0, key };
}

/** One tensor a name, in the order of the first request's. */
export function joinTensors(requests: readonly (readonly WireTensor[])[]): WireTensor[] {
  return requests[0]!.map((first) => {
    const parts = requests.map((tensors) => tensors.find((tensor) => tensor.name === first.name)!);
    const rows = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
    const data = new Uint8Array(parts.reduce((sum, part) => sum + part.data.length, 0));
    let at = 0;
    for (const part of parts) { data.set(part.data, at); at += part.data.length; }
    return { name: first.name, dataType: first.dataType, shape: [rows, ...first.shape.slice(1)], data };
  });
}

/** Each request's share of the outputs, as views; null when an output's first dimension is not the batch's. */
export function cutTensors(outputs: readonly WireTensor[], items: readonly number[]): WireTensor[][] | null {
  const rows = items.reduce((sum, count) => sum + count, 0);
  if (outputs.some(({ shape }) => shape[0] !== rows)) return null;
  let from = 0;
  return items.map((count) => {
    const share = outputs.map(({ name, dataType, shape, data }) => {
      const rowBytes = elementCount(shape.slice(1)) * BYTES_PER_ELEMENT[dataType];
      return { name, dataType, shape: [count, ...shape.slice(1)], data: data.subarray(from * rowBytes, (from + count) * rowBytes) };
    });
    from += count;
    return share;
  });
}
