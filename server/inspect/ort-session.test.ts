import { expect, test } from "vitest";
import type { DataType, WireTensor } from "../../agents/protocol/tensor.ts";
import { relativeError } from "./ort-session.ts";

const ARRAYS = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint32: Uint32Array, int16: Int16Array, uint16: Uint16Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array } as const;

/** At an offset of its buffer that suits no type but bytes. */
function tensor(dataType: DataType, values: { buffer: ArrayBufferLike; byteLength: number; length: number }): WireTensor {
  const whole = new Uint8Array(values.byteLength + 1);
  whole.set(new Uint8Array(values.buffer as ArrayBuffer), 1);
  return { name: "y", dataType, shape: [values.length], data: whole.subarray(1) };
}

test("every element type is compared as numbers, wherever its bytes begin", () => {
  for (const [dataType, Type] of Object.entries(ARRAYS) as [keyof typeof ARRAYS, typeof Float32Array][]) {
    const reference = Type.from({ length: 40_000 }, (_, index) => index % 2);
    expect(relativeError(tensor(dataType, reference), tensor(dataType, reference))).toBe(0);
    const other = reference.slice();
    other[39_998] = 1;
    expect(relativeError(tensor(dataType, other), tensor(dataType, reference)), dataType).toBe(1);
  }
  const long = BigInt64Array.from([1n, -8n]);
  expect(relativeError(tensor("int64", long), tensor("int64", BigInt64Array.from([1n, -4n])))).toBe(1);
  expect(relativeError(tensor("uint64", BigUint64Array.from([5n])), tensor("uint64", BigUint64Array.from([4n])))).toBe(0.25);
  // 1.0 and 2.0 as half precision.
  expect(relativeError(tensor("float16", Uint16Array.from([0x3c00])), tensor("float16", Uint16Array.from([0x4000])))).toBe(0.5);
});

test("errors are relative to the largest reference, absolute below one; not-a-number must meet its like", () => {
  const floats = (...values: number[]) => tensor("float32", Float32Array.from(values));
  expect(relativeError(floats(0.5, 9), floats(0, 10))).toBeCloseTo(0.1, 9);
  expect(relativeError(floats(0.25), floats(0))).toBe(0.25);
  expect(relativeError(floats(Number.NaN, 1), floats(Number.NaN, 1))).toBe(0);
  expect(relativeError(floats(Number.NaN), floats(1))).toBe(Number.POSITIVE_INFINITY);
  expect(relativeError(floats(Number.POSITIVE_INFINITY), floats(Number.POSITIVE_INFINITY))).toBe(0);
  expect(relativeError(floats(Number.POSITIVE_INFINITY), floats(1))).toBe(Number.POSITIVE_INFINITY);
  expect(relativeError(floats(1, 2), floats(1))).toBe(Number.POSITIVE_INFINITY);
  expect(relativeError(tensor("int32", Int32Array.of(1)), floats(1))).toBe(Number.POSITIVE_INFINITY);
  expect(relativeError(floats(), floats())).toBe(0);
});

test("an element's type is looked at once for a tensor, not for each element", () => {
  const values = new Float32Array(50_000).fill(0.25);
  let looks = 0;
  const counted = (): WireTensor => Object.defineProperty(tensor("float32", values), "dataType", {
    get() {
      looks++;
      return "float32";
    },
  });
  expect(relativeError(counted(), counted())).toBe(0);
  expect(looks).toBeLessThan(10);
});
