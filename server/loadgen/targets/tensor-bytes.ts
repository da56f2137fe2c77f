// Owns a tensor's values → the Open Inference Protocol's binary form, little-endian: of a request's JSON, and of an answer's typed contents.
import type { TensorSpec } from "./made-up-tensor.ts";

/** @throws Error when the value is none of the type */
type Write = (view: DataView, at: number, value: unknown) => void;
const whole = (bits: number, min: number, set: (view: DataView, at: number, value: number) => void): [bytes: number, Write] => [bits / 8, (view, at, value) => {
  if (!(Number.isInteger(value) && (value as number) >= min && (value as number) < min + 2 ** bits)) throw new Error(`${JSON.stringify(value)} does not fit`);
  set(view, at, value as number);
}];
/** Beyond 2^53 a decoder gives an object that prints its digits. */
const wide = (wrap: (value: bigint) => bigint, set: (view: DataView, at: number, value: bigint) => void): [bytes: number, Write] => [8, (view, at, value) => {
  const digits = /^-?\d+$/.test(String(value)) ? BigInt(String(value)) : null;
  if (digits === null || wrap(digits) !== digits) throw new Error(`${JSON.stringify(value)} does not fit`);
  set(view, at, digits);
}];
const real = (bytes: number, set: (view: DataView, at: number, value: number) => void): [bytes: number, Write] => [bytes, (view, at, value) => {
  if (typeof value !== "number") throw new Error(`${JSON.stringify(value)} is no number`);
  set(view, at, value);
}];
const TYPES: Record<string, [bytes: number, Write]> = {
  BOOL: [1, (view, at, value) => {
    if (typeof value !== "boolean" && value !== 0 && value !== 1) throw new Error(`${JSON.stringify(value)} is neither true nor false`);
    view.setUint8(at, Number(value));
  }],
  UINT8: whole(8, 0, (view, at, value) => view.setUint8(at, value)), INT8: whole(8, -128, (view, at, value) => view.setInt8(at, value)),
  UINT16: whole(16, 0, (view, at, value) => view.setUint16(at, value, true)), INT16: whole(16, -(2 ** 15), (view, at, value) => view.setInt16(at, value, true)),
  UINT32: whole(32, 0, (view, at, value) => view.setUint32(at, value, true)), INT32: whole(32, -(2 ** 31), (view, at, value) => view.setInt32(at, value, true)),
  UINT64: wide((value) => BigInt.asUintN(64, value), (view, at, value) => view.setBigUint64(at, value, true)), INT64: wide((value) => BigInt.asIntN(64, value), (view, at, value) => view.setBigInt64(at, value, true)),
  FP32: real(4, (view, at, value) => view.setFloat32(at, value, true)), FP64: real(8, (view, at, value) => view.setFloat64(at, value, true)),
};

/** `values` flat, or nested as `shape` is. @throws Error with the tensor's name: another number of values than the shape has, a value or a type that has no such form */
export function tensorBytes({ name, datatype, shape }: TensorSpec, values: readonly unknown[]): Buffer {
  const flat = values.flat(Number.POSITIVE_INFINITY);
  const count = shape.reduce((product, size) => product * size, 1);
  if (flat.length !== count) throw new Error(`"${name}" has ${flat.length} values, its shape [${shape.join(", ")}] has ${count}`);
  if (datatype === "BYTES") return Buffer.concat(flat.flatMap(lengthAndBytes));
  const type = TYPES[datatype];
  if (!type) throw new Error(`"${name}" is of type ${datatype}, which cannot be written as values: ${Object.keys(TYPES).join(", ")} and BYTES can`);
  const [size, write] = type;
  const bytes = Buffer.alloc(count * size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  try {
    for (let i = 0; i < count; i++) write(view, i * size, flat[i]);
  } catch (error) {
    throw new Error(`"${name}" is of type ${datatype}: ${(error as Error).message}`);
  }
  return bytes;
}

function lengthAndBytes(value: unknown): Buffer[] {
  const bytes = value instanceof Uint8Array ? Buffer.from(value) : Buffer.from(String(value));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return [length, bytes];
}
