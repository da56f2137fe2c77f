import { expect, test } from "vitest";
import { BYTES_PER_ELEMENT, type DataType, type WireTensor } from "../protocol/tensor.ts";
import { splitElements } from "./bytes-tensor.ts";
import { type Classes, classify, demandClasses, scoreText } from "./classification.ts";
import { BadRequest } from "./oip.ts";

const tensor = (dataType: DataType, shape: number[], values: ArrayBufferView): WireTensor => {
  // As what comes over a wire: not where a number of its size may begin.
  const data = new Uint8Array(values.byteLength + 1).subarray(1);
  data.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return { name: "scores", dataType, shape, data };
};
const floats = (shape: number[], ...values: number[]) => tensor("float32", shape, new Float32Array(values));
const FLAT: Classes = { count: 2, first: false, labels: null };
const told = (from: WireTensor, how: Partial<Classes>) => {
  const { shape, elements, data, dataType } = classify(from, { ...FLAT, ...how });
  expect(dataType).toBe("bytes");
  const written = (list: Uint8Array[]) => list.map((element) => Buffer.from(element).toString());
  expect(written(splitElements("scores", data, elements.length))).toEqual(written(elements));
  return { shape, texts: written(elements) };
};

test("Triton's own example: the two best of 1, 5, 10, 4, with labels and without", () => {
  const scores = tensor("uint32", [4], new Uint32Array([1, 5, 10, 4]));
  expect(told(scores, {})).toEqual({ shape: [2], texts: ["10:2", "5:1"] });
  expect(told(scores, { labels: ["a", "pickle", "apple", "b"] })).toEqual({ shape: [2], texts: ["10:2:apple", "5:1:pickle"] });
});

test("a batch's items have classes of their own; where the first dimension is no batch, places count through", () => {
  const scores = floats([2, 3], 0.25, 0.5, 0.125, 9, 7, 8);
  expect(told(scores, { first: true })).toEqual({ shape: [2, 2], texts: ["0.500000:1", "0.250000:0", "9.000000:0", "8.000000:2"] });
  expect(told(scores, {})).toEqual({ shape: [2], texts: ["9.000000:3", "8.000000:5"] });
  expect(told(floats([2, 3, 1, 1], 0.25, 0.5, 0.125, 9, 7, 8), { first: true, count: 1 })).toEqual({ shape: [2, 1], texts: ["0.500000:1", "9.000000:0"] });
  expect(told(floats([0, 3]), { first: true })).toEqual({ shape: [0, 2], texts: [] });
  expect(told(floats([], 4), { first: true })).toEqual({ shape: [1], texts: ["4.000000:0"] });
});

test("more than there are is all there are; equal ones keep their order, and what is no number comes last", () => {
  expect(told(floats([3], 1, 2, 1), { count: 2 ** 40 })).toEqual({ shape: [3], texts: ["2.000000:1", "1.000000:0", "1.000000:2"] });
  expect(told(floats([4], Number.NaN, -Infinity, Infinity, -1), { count: 4 }).texts).toEqual(["inf:2", "-1.000000:3", "-inf:1", "nan:0"]);
  expect(told(floats([6], Number.NaN, Number.NaN, 3, Number.NaN, 5, 4), { count: 1 }).texts).toEqual(["5.000000:4"]);
});

test("labels that are empty or too few are left out", () => {
  expect(told(floats([3], 3, 2, 1), { count: 3, labels: ["a", ""] }).texts).toEqual(["3.000000:0:a", "2.000000:1", "1.000000:2"]);
});

test("of many the best are those that sorting all would give", () => {
  const values = Float32Array.from({ length: 5000 }, (_, index) => (index * 7919) % 1009);
  const all = [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b);
  for (const count of [1, 2, 7, 1000, 2600, 5000]) expect(told(tensor("float32", [5000], values), { count }).texts.map((text) => Number(text.split(":")[1]))).toEqual(all.slice(0, count));
});

test.each<[DataType, ArrayBufferView, string]>([
  ["int8", new Int8Array([-128, -127]), "-127:1"], ["uint8", new Uint8Array([254, 255]), "255:1"], ["int16", new Int16Array([-1, -32_768]), "-1:0"], ["uint16", new Uint16Array([1, 65_535]), "65535:1"],
  ["int32", new Int32Array([-(2 ** 31), 2 ** 31 - 1]), "2147483647:1"], ["int64", new BigInt64Array([2n ** 62n, 2n ** 62n + 1n]), "4611686018427387905:1"], ["uint64", new BigUint64Array([2n ** 64n - 2n, 2n ** 64n - 1n]), "18446744073709551615:1"],
  ["float64", new Float64Array([1, 1 + 2 ** -52]), "1.000000:1"],
])("%s is compared and written in its own type", (dataType, values, best) => {
  expect(told(tensor(dataType, [2], values), { count: 1 }).texts).toEqual([best]);
});

test.each<[DataType | "bytes", string]>([["float16", "FP16"], ["bool", "BOOL"], ["bytes", "BYTES"]])("%s has no classes", (dataType, name) => {
  const words = `output "scores" is ${name}: classification is of integers, FP32 and FP64`;
  expect(() => demandClasses({ name: "scores", dataType })).toThrow(new BadRequest(words));
  if (dataType !== "bytes") expect(() => classify({ name: "scores", dataType, shape: [1], data: new Uint8Array(BYTES_PER_ELEMENT[dataType]) }, FLAT)).toThrow(words);
});

test("an answer holds a limited number of classes", () => {
  expect(() => classify(tensor("uint8", [100_001], new Uint8Array(100_001)), { ...FLAT, count: 2 ** 40 })).toThrow(/^output "scores": 100001 classes are asked for, an answer holds 100000/);
});

test.each<[value: number, text: string]>([
  // As glibc's printf writes them.
  [0, "0.000000"], [-0, "-0.000000"], [0.1, "0.100000"], [Math.fround(0.1), "0.100000"], [1 / 3, "0.333333"], [2 / 3, "0.666667"], [-1e-9, "-0.000000"],
  [0.0078125, "0.007812"], [-0.0078125, "-0.007812"], [0.0234375, "0.023438"], [1.0078125, "1.007812"], [123456789.125, "123456789.125000"],
  [1e21, "1000000000000000000000.000000"], [Math.fround(3.4028235e38), "340282346638528859811704183484516925440.000000"], [-1e22, "-10000000000000000000000.000000"],
])("%d is written as %s", (value, text) => {
  expect(scoreText(value)).toBe(text);
});
