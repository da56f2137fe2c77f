// Owns Triton's classification extension: an output that is asked for as its best classes comes as BYTES, "score:index" or "score:index:label", best first.
// https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md; which types, and how a score is written, as its
// src/classification.cc has it (std::to_string, which is printf's %f).
import { type DataType, elementCount, type TensorSpec, type WireTensor } from "../protocol/tensor.ts";
import { textsTensor } from "./bytes-tensor.ts";
import { BadRequest, type BytesTensor, oipNameOf } from "./oip.ts";

/** Of one answer: each is a text made on the thread that serves all requests. Four times ImageNet's 21,841 classes fit. */
const MAX_CLASSES = 100_000;

/** `first`: its first dimension is the batch, each item of which has classes of its own. `labels`: by index; null = none are known. */
export type Classes = { count: number; first: boolean; labels: readonly string[] | null };

type Values = ArrayLike<number> | ArrayLike<bigint>;
/** Of half floats and truth values Triton has none either. */
const VALUES: Partial<Record<DataType, (bytes: ArrayBuffer) => Values>> = {
  uint8: (bytes) => new Uint8Array(bytes), int8: (bytes) => new Int8Array(bytes), uint16: (bytes) => new Uint16Array(bytes), int16: (bytes) => new Int16Array(bytes),
  uint32: (bytes) => new Uint32Array(bytes), int32: (bytes) => new Int32Array(bytes), uint64: (bytes) => new BigUint64Array(bytes), int64: (bytes) => new BigInt64Array(bytes),
  float32: (bytes) => new Float32Array(bytes), float64: (bytes) => new Float64Array(bytes),
};

/** Throws BadRequest unless outputs of that type have classes. */
export function demandClasses({ name, dataType }: { name: string; dataType: TensorSpec["dataType"] | "bytes" }): void {
  if (dataType === "bytes" || !VALUES[dataType]) throw new BadRequest(`output "${name}" is ${oipNameOf(dataType)}: classification is of integers, FP32 and FP64`);
}

/** Throws BadRequest for a type that has none, and for more than one answer may hold. */
export function classify({ name, dataType, shape, data }: WireTensor, { count, first, labels }: Classes): BytesTensor {
  demandClasses({ name, dataType });
  const batched = first && shape.length > 0;
  const rows = batched ? shape[0]! : 1;
  const size = elementCount(batched ? shape.slice(1) : shape);
  const kept = Math.min(count, size);
  if (rows * kept > MAX_CLASSES) throw new BadRequest(`output "${name}": ${rows * kept} classes are asked for, an answer holds ${MAX_CLASSES}: ask for the tensor`);
  // Copied: what came may begin anywhere in its buffer.
  const values = VALUES[dataType]!(new Uint8Array(data).buffer);
  const written = dataType === "float32" || dataType === "float64" ? (value: number | bigint) => scoreText(value as number) : String;
  const texts: string[] = [];
  for (let row = 0; row < rows; row++) {
    for (const at of bestOf(values, row * size, (row + 1) * size, kept)) {
      const index = at - row * size;
      const label = labels?.[index] ?? "";
      texts.push(`${written(values[at]!)}:${index}${label === "" ? "" : `:${label}`}`);
    }
  }
  return textsTensor(name, batched ? [rows, kept] : [kept], texts);
}

/** Where the highest values are, highest first; equal ones by place, what is not a number last. */
function bestOf(values: Values, from: number, to: number, count: number): number[] {
  const order = (a: number, b: number): number => {
    const [one, other] = [values[a]!, values[b]!];
    if (one > other) return -1;
    if (one < other) return 1;
    return Number(Number.isNaN(one)) - Number(Number.isNaN(other)) || a - b;
  };
  let best: number[] = [];
  // Of all seen so far the last one that can be among the best; what is not better is not kept.
  let last: number | null = null;
  for (let at = from; at < to; at++) {
    if (last !== null && order(at, last) > 0) continue;
    best.push(at);
    if (best.length < count * 2) continue;
    best = best.sort(order).slice(0, count);
    last = best.at(-1)!;
  }
  return best.sort(order).slice(0, count);
}

/** As printf's %f writes it: six decimals of the exact value, halves to the even digit. */
export function scoreText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  // Beyond this JavaScript writes exponents; such a number is whole.
  if (Math.abs(value) >= 1e21) return `${BigInt(value)}.000000`;
  if (Object.is(value, -0)) return "-0.000000";
  // Only odd 128ths have their last digit, a 5, at the seventh decimal.
  const exact = Math.abs(value * 128) % 2 === 1 ? value.toFixed(7) : null;
  return exact !== null && Number(exact.at(-2)) % 2 === 0 ? exact.slice(0, -1) : value.toFixed(6);
}
