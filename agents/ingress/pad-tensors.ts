// Owns joining requests of different lengths: which bucket of shapes a request belongs to, filling it up to the others' length, and cutting the answers back. What may be padded is decided before.
import type { PaddedAxis, PadPlan } from "../protocol/pad-plan.ts";
import { BYTES_PER_ELEMENT, type DataType, elementCount, type WireTensor } from "../protocol/tensor.ts";
import { cutTensors } from "./batch-tensors.ts";
import { toHalf } from "./half.ts";

/** More than a frame may carry is not made. */
const MAX_BATCH_BYTES = 256 * 1024 * 1024;

type Lengths = readonly (number | null)[];
/** `padding`: elements of `inputs` that were filled in. `lengths`: of each request, by padded dimension; `paddedTo`: of all, null where they were of one length. */
export type PaddedBatch = { inputs: WireTensor[]; padding: number; lengths: readonly Lengths[]; paddedTo: Lengths };

/** What must be equal for two requests to be joined: their bucket. */
export function padKeyOf(tensors: readonly WireTensor[], plan: PadPlan): string {
  const lengths = lengthsOf(tensors, plan);
  const bucketOf = ({ name, shape }: WireTensor) => shape.slice(1).map((size, index) => {
    const dimension = plan.inputs.get(name)?.axes.find(({ axis }) => axis === index + 1)?.dimension;
    if (lengths === null || dimension === undefined) return size;
    const bucket = bucketLength(plan, dimension, size);
    return bucket === null ? "*" : bucket === size && !plan.dimensions[dimension]!.lengths.includes(size) ? size : `<${bucket}`;
  }).join("x");
  return tensors.map((tensor) => `${tensor.name}:${bucketOf(tensor)}`).sort().join(" ");
}

/** Null = to the longest, whichever that is; its own length = not padded. */
function bucketLength(plan: PadPlan, dimension: number, length: number): number | null {
  const { lengths } = plan.dimensions[dimension]!;
  return lengths.length === 0 ? null : (lengths.find((one) => one >= length) ?? length);
}

/** By padded dimension; null where the request's inputs do not agree on one, or it is empty: then its mistake is to stay its own, or there is nothing that tells it from padding. */
function lengthsOf(tensors: readonly WireTensor[], plan: PadPlan): number[] | null {
  const lengths: number[] = [];
  for (const { name, shape } of tensors) {
    for (const { axis, dimension } of plan.inputs.get(name)?.axes ?? []) {
      const size = shape[axis]!;
      if (size === 0 || (lengths[dimension] ?? size) !== size) return null;
      lengths[dimension] = size;
    }
  }
  return lengths;
}

/** Of requests of one bucket: one tensor a name, in the order of the first's. Where all are of one length, nothing is filled in. Null where it would be too much to hold. */
export function joinPadded(requests: readonly (readonly WireTensor[])[], plan: PadPlan): PaddedBatch | null {
  const lengths = requests.map((tensors) => lengthsOf(tensors, plan) ?? plan.dimensions.map(() => null));
  const paddedTo = plan.dimensions.map((_, dimension) => {
    const all = lengths.map((one) => one[dimension] ?? null);
    const longest = Math.max(...all.map((one) => one ?? 0));
    return all.every((one) => one === all[0]) ? null : (bucketLength(plan, dimension, longest) ?? longest);
  });
  const partsOf = (name: string) => requests.map((tensors) => tensors.find((tensor) => tensor.name === name)!);
  const rowsOf = (parts: readonly WireTensor[]) => parts.reduce((sum, part) => sum + part.shape[0]!, 0);
  const innerOf = ({ name, shape }: WireTensor) => resized(shape, plan.inputs.get(name)?.axes ?? [], paddedTo).slice(1);
  const bytes = requests[0]!.reduce((sum, tensor) => sum + rowsOf(partsOf(tensor.name)) * elementCount(innerOf(tensor)) * BYTES_PER_ELEMENT[tensor.dataType], 0);
  if (bytes > MAX_BATCH_BYTES) return null;
  let padding = 0;
  const inputs = requests[0]!.map((first) => {
    const { name, dataType } = first;
    const parts = partsOf(name);
    const rows = rowsOf(parts);
    const { value = 0 } = plan.inputs.get(name) ?? {};
    const inner = innerOf(first);
    const innerBytes = elementCount(inner) * BYTES_PER_ELEMENT[dataType];
    const data = filled(dataType, rows * elementCount(inner), value);
    let row = 0;
    for (const part of parts) {
      const count = part.shape[0]!;
      const shape = [count, ...inner];
      copyCorner(part, { shape, data: data.subarray(row * innerBytes, (row + count) * innerBytes) }, BYTES_PER_ELEMENT[dataType]);
      padding += elementCount(shape) - elementCount(part.shape);
      row += count;
    }
    return { name, dataType, shape: [rows, ...inner], data };
  });
  return { inputs, padding, lengths, paddedTo };
}

/** Each request's share of the outputs at its own lengths; null when an output's shape is not what its declaration says. */
export function cutPadded(outputs: readonly WireTensor[], items: readonly number[], { lengths, paddedTo }: Pick<PaddedBatch, "lengths" | "paddedTo">, plan: PadPlan): WireTensor[][] | null {
  for (const { name, shape } of outputs) if (plan.outputs.get(name)?.some(({ axis, dimension }) => paddedTo[dimension] != null && shape[axis] !== paddedTo[dimension])) return null;
  return cutTensors(outputs, items)?.map((share, request) => share.map((output) => {
    const axes = (plan.outputs.get(output.name) ?? []).filter(({ dimension }) => paddedTo[dimension] != null);
    const shape = resized(output.shape, axes, lengths[request]!);
    if (shape.every((size, axis) => size === output.shape[axis])) return output;
    const data = new Uint8Array(elementCount(shape) * BYTES_PER_ELEMENT[output.dataType]);
    copyCorner(output, { shape, data }, BYTES_PER_ELEMENT[output.dataType]);
    return { ...output, shape, data };
  })) ?? null;
}

function resized(shape: readonly number[], axes: readonly PaddedAxis[], lengths: Lengths): number[] {
  return shape.map((size, at) => {
    const dimension = axes.find(({ axis }) => axis === at)?.dimension;
    return dimension === undefined ? size : (lengths[dimension] ?? size);
  });
}

function filled(dataType: DataType, count: number, value: number): Uint8Array {
  const bytes = new Uint8Array(count * BYTES_PER_ELEMENT[dataType]);
  if (value === 0) return bytes;
  const { buffer } = bytes;
  switch (dataType) {
    case "bool": case "uint8": case "int8": bytes.fill(value & 255); break;
    case "uint16": case "int16": new Uint16Array(buffer).fill(value); break;
    case "float16": new Uint16Array(buffer).fill(toHalf(value)); break;
    case "uint32": case "int32": new Uint32Array(buffer).fill(value); break;
    case "uint64": case "int64": new BigInt64Array(buffer).fill(BigInt(value)); break;
    case "float32": new Float32Array(buffer).fill(value); break;
    case "float64": new Float64Array(buffer).fill(value); break;
  }
  return bytes;
}

/**
 * What two tensors of one rank both have, from one into the other; [2, 3] into [2, 5]:
 *   a b c        a b c . .
 *   d e f   ──►  d e f . .
 */
function copyCorner(from: Pick<WireTensor, "shape" | "data">, to: Pick<WireTensor, "shape" | "data">, elementBytes: number): void {
  const box = from.shape.map((size, axis) => Math.min(size, to.shape[axis]!));
  if (box.includes(0)) return;
  // Behind the last axis where they differ, both lie as one piece.
  let last = box.length - 1;
  while (last > 0 && from.shape[last] === to.shape[last]) last--;
  const runBytes = elementCount(box.slice(last)) * elementBytes;
  const runs = elementCount(box.slice(0, last));
  for (let run = 0; run < runs; run++) {
    let rest = run;
    let fromAt = 0;
    let toAt = 0;
    let fromStride = elementCount(from.shape.slice(last));
    let toStride = elementCount(to.shape.slice(last));
    for (let axis = last - 1; axis >= 0; axis--) {
      const at = rest % box[axis]!;
      rest = (rest - at) / box[axis]!;
      fromAt += at * fromStride;
      toAt += at * toStride;
      fromStride *= from.shape[axis]!;
      toStride *= to.shape[axis]!;
    }
    to.data.set(from.data.subarray(fromAt * elementBytes, fromAt * elementBytes + runBytes), toAt * elementBytes);
  }
}
