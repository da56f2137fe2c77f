// Owns how inspection talks to ONNX Runtime: session options, tensors in and out. Only ever loaded in the child process and in tests.
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { SessionOptions } from "../../agents/protocol/control.ts";
import { BYTES_PER_ELEMENT, type DataType, type WireTensor } from "../../agents/protocol/tensor.ts";

export function openSession(pathOrBytes: string | Uint8Array, options: SessionOptions): Promise<InferenceSession> {
  const settings: InferenceSession.SessionOptions = {
    intraOpNumThreads: options.intraOpThreads, interOpNumThreads: 1, graphOptimizationLevel: options.optimization, executionProviders: ["cpu"], logSeverityLevel: 4,
    // Spinning threads take a busy machine's time from everybody else.
    extra: { session: { intra_op: { allow_spinning: "0" }, inter_op: { allow_spinning: "0" } } },
  };
  return typeof pathOrBytes === "string" ? InferenceSession.create(pathOrBytes, settings) : InferenceSession.create(pathOrBytes, settings);
}

type Data = Float32Array | Float64Array | Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | BigUint64Array | BigInt64Array;
const ARRAY_OF: Record<DataType, new (buffer: ArrayBuffer) => Data> = {
  bool: Uint8Array, uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array, float16: Uint16Array,
  uint32: Uint32Array, int32: Int32Array, float32: Float32Array, uint64: BigUint64Array, int64: BigInt64Array, float64: Float64Array,
};

export function toOrt(tensor: WireTensor): Tensor {
  const copy = new Uint8Array(tensor.data).buffer;
  return new Tensor(tensor.dataType as never, new ARRAY_OF[tensor.dataType](copy) as never, tensor.shape);
}

export function fromOrt(name: string, tensor: Tensor): WireTensor {
  const data = tensor.data as unknown as Data;
  return { name, dataType: tensor.type as DataType, shape: [...tensor.dims], data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** Elements compared at a time: bounds the memory of a comparison, whatever the output's size. */
const COMPARED_ELEMENTS = 16 * 1024;

/** max |a − b| / max(1, max |b|); infinite where types or shapes differ or exactly one side is not a number. `b` is the reference. */
export function relativeError(a: WireTensor, b: WireTensor): number {
  if (a.dataType !== b.dataType || a.shape.join() !== b.shape.join()) return Number.POSITIVE_INFINITY;
  const left = numbersOf(a);
  const right = numbersOf(b);
  let difference = 0;
  let largest = 1;
  for (let start = 0; start < right.count; start += COMPARED_ELEMENTS) {
    const xs = left.read(start);
    const ys = right.read(start);
    for (let index = 0; index < ys.length; index++) {
      const x = xs[index] as number;
      const y = ys[index] as number;
      if (Number.isNaN(x) && Number.isNaN(y)) continue;
      if (x === y) { if (Number.isFinite(y)) largest = Math.max(largest, Math.abs(y)); continue; }
      if (!Number.isFinite(x) || !Number.isFinite(y)) return Number.POSITIVE_INFINITY;
      difference = Math.max(difference, Math.abs(x - y));
      largest = Math.max(largest, Math.abs(y));
    }
  }
  return difference / largest;
}

/**
 * `read(start)`: up to COMPARED_ELEMENTS numbers from there, valid until the next read. The element type is looked at here, once: a switch over
 * its name for each element was miscompiled by V8 and read single elements as bytes (docs/decisions/0005-types-are-decided-once.md).
 */
function numbersOf({ dataType, data }: WireTensor): { count: number; read(start: number): Float64Array } {
  const size = BYTES_PER_ELEMENT[dataType];
  const count = data.length / size;
  const numbers = new Float64Array(Math.min(COMPARED_ELEMENTS, count));
  // Copied piece by piece, because a tensor may begin anywhere in its buffer and typed arrays may not.
  const piece = new Uint8Array(numbers.length * size);
  const values = new ARRAY_OF[dataType](piece.buffer);
  const spread = spreadOf(values, dataType === "float16");
  return {
    count,
    read(start) {
      const length = Math.min(COMPARED_ELEMENTS, count - start);
      piece.set(data.subarray(start * size, (start + length) * size));
      spread(numbers);
      return numbers.subarray(0, length);
    },
  };
}

function spreadOf(values: Data, isHalf: boolean): (into: Float64Array) => void {
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) return (into) => { for (let index = 0; index < into.length; index++) into[index] = Number(values[index]); };
  if (isHalf) return (into) => { for (let index = 0; index < into.length; index++) into[index] = fromHalf(values[index] as number); };
  return (into) => into.set(values);
}

function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
