// Owns what a tensor is between machines: data types, shapes, byte sizes. Knows nothing of ONNX Runtime.
import { assert } from "./assert.ts";

/** Bytes of one element. These are the only types that cross a cut; others are refused at import, by name. */
export const BYTES_PER_ELEMENT = {
  bool: 1, uint8: 1, int8: 1, uint16: 2, int16: 2, float16: 2,
  uint32: 4, int32: 4, float32: 4, uint64: 8, int64: 8, float64: 8,
} as const;

export type DataType = keyof typeof BYTES_PER_ELEMENT;
export const DATA_TYPES = Object.keys(BYTES_PER_ELEMENT) as DataType[];

/** A dimension: a fixed size, or the name of a symbolic one ("batch"); "" = dynamic without a name. */
export type Dimension = number | string;

/** What is declared of a tensor. `shape: null` = the rank is unknown. */
export type TensorSpec = { name: string; dataType: DataType; shape: Dimension[] | null };

/** A tensor with its bytes: little endian, row major, no padding. `data` may be a view into a larger buffer. */
export type WireTensor = { name: string; dataType: DataType; shape: number[]; data: Uint8Array };

/** Number of elements; 1 for a scalar (shape []). */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Bytes of a dense tensor. */
export function tensorBytes(dataType: DataType, shape: readonly number[]): number {
  const count = elementCount(shape);
  assert(Number.isSafeInteger(count) && count >= 0, `element count of [${shape}] is not a safe integer`);
  return count * BYTES_PER_ELEMENT[dataType];
}
