import { expect, test } from "vitest";
import { type PadPlan, planPadding } from "../protocol/pad-plan.ts";
import type { DataType, TensorSpec, WireTensor } from "../protocol/tensor.ts";
import { cutPadded, joinPadded, padKeyOf } from "./pad-tensors.ts";

const spec = (name: string, dataType: DataType, ...shape: (string | number)[]): TensorSpec => ({ name, dataType, shape });
const planOf = (lengths: number[], value = 0): PadPlan => planPadding({ dimensions: [{ name: "t", lengths }], values: [{ input: "ids", value }, { input: "mask", value: 0 }] }, [spec("ids", "int32", "n", "t"), spec("mask", "int32", "n", "t"), spec("bias", "int32", "n", 2)], [spec("y", "int32", "n", "t", 2), spec("pooled", "int32", "n", 2)]).plan!;
const tensor = (name: string, shape: number[], values: number[]): WireTensor => ({ name, dataType: "int32", shape, data: new Uint8Array(Int32Array.from(values).buffer) });
const valuesOf = ({ data }: WireTensor) => [...new Int32Array(new Uint8Array(data).buffer)];
const range = (count: number, from = 1) => Array.from({ length: count }, (_, index) => from + index);
/** Of `rows` items, `length` long. */
const request = (length: number, rows = 1, from = 1) => [tensor("ids", [rows, length], range(rows * length, from)), tensor("mask", [rows, length], range(rows * length).map(() => 1)), tensor("bias", [rows, 2], range(rows * 2))];

test("a request's bucket is the next length; one longer than all waits for its own; without lengths all are of one", () => {
  const keyOf = (length: number, lengths: number[]) => padKeyOf(request(length), planOf(lengths));
  expect(keyOf(3, [4, 8])).toBe(keyOf(4, [8, 4]));
  expect(keyOf(5, [4, 8])).toBe(keyOf(8, [4, 8]));
  expect(new Set([keyOf(4, [4, 8]), keyOf(5, [4, 8]), keyOf(9, [4, 8]), keyOf(10, [4, 8])]).size).toBe(4);
  expect(new Set([1, 7, 4000].map((length) => keyOf(length, []))).size).toBe(1);
});

test("inputs that do not agree on a length, and empty ones, are not padded: they meet only their like", () => {
  const wrong = [tensor("ids", [1, 3], [1, 2, 3]), tensor("mask", [1, 2], [1, 1]), tensor("bias", [1, 2], [1, 2])];
  const right = request(3);
  expect(padKeyOf(wrong, planOf([4]))).not.toBe(padKeyOf(right, planOf([4])));
  expect(joinPadded([wrong, wrong], planOf([4]))!.inputs.map(({ shape }) => shape)).toEqual([[2, 3], [2, 2], [2, 2]]);
  expect(padKeyOf(request(0), planOf([4]))).not.toBe(padKeyOf(right, planOf([4])));
});

test("each row is filled up with the input's value, to the bucket's length or the longest", () => {
  const joined = joinPadded([request(2, 2), request(3, 1, 10)], planOf([4], 7))!;
  expect(joined.inputs.map(({ shape }) => shape)).toEqual([[3, 4], [3, 4], [3, 2]]);
  expect(joined.inputs.map(valuesOf)).toEqual([[1, 2, 7, 7, 3, 4, 7, 7, 10, 11, 12, 7], [1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0], [1, 2, 3, 4, 1, 2]]);
  expect(joined.padding).toBe(2 * (2 + 2 + 1));
  expect(joinPadded([request(2), request(3)], planOf([]))!.inputs[0]!.shape).toEqual([2, 3]);
});

test("requests of one length are joined as they are", () => {
  const joined = joinPadded([request(3), request(3, 1, 10)], planOf([4]))!;
  expect(joined).toMatchObject({ padding: 0, paddedTo: [null] });
  expect(valuesOf(joined.inputs[0]!)).toEqual([1, 2, 3, 10, 11, 12]);
  const y = tensor("y", [2, 3, 2], range(12));
  expect(cutPadded([y], [1, 1], joined, planOf([4]))!.map(([share]) => [share!.shape, valuesOf(share!)])).toEqual([[[1, 3, 2], range(6)], [[1, 3, 2], range(6, 7)]]);
});

test("outputs are cut to each request's rows and length; those without the dimension keep theirs; an unexpected length is told", () => {
  const plan = planOf([4]);
  const joined = joinPadded([request(2, 2), request(3)], plan)!;
  const shares = cutPadded([tensor("y", [3, 4, 2], range(24)), tensor("pooled", [3, 2], range(6))], [2, 1], joined, plan)!;
  expect(shares.map((share) => share.map(({ shape }) => shape))).toEqual([[[2, 2, 2], [2, 2]], [[1, 3, 2], [1, 2]]]);
  expect(shares.map((share) => share.map(valuesOf))).toEqual([[[1, 2, 3, 4, 9, 10, 11, 12], [1, 2, 3, 4]], [range(6, 17), [5, 6]]]);
  expect(cutPadded([tensor("y", [3, 3, 2], range(18))], [2, 1], joined, plan)).toBeNull();
});

test("two dimensions are padded at once, in whichever place they stand", () => {
  const plan = planPadding({ dimensions: [{ name: "h", lengths: [] }, { name: "w", lengths: [4] }], values: [{ input: "image", value: 9 }] }, [spec("image", "int32", "n", "h", "w", 2)], [spec("map", "int32", "n", "w", "h")]).plan!;
  const image = (h: number, w: number, from: number) => [tensor("image", [1, h, w, 2], range(h * w * 2, from))];
  const joined = joinPadded([image(1, 3, 1), image(2, 2, 21)], plan)!;
  expect(joined.inputs[0]!.shape).toEqual([2, 2, 4, 2]);
  const nine = [9, 9];
  expect(valuesOf(joined.inputs[0]!)).toEqual([1, 2, 3, 4, 5, 6, ...nine, ...nine, ...nine, ...nine, ...nine, 21, 22, 23, 24, ...nine, ...nine, 25, 26, 27, 28, ...nine, ...nine]);
  const shares = cutPadded([tensor("map", [2, 4, 2], range(16))], [1, 1], joined, plan)!;
  expect(shares.map(([map]) => [map!.shape, valuesOf(map!)])).toEqual([[[1, 3, 1], [1, 3, 5]], [[1, 2, 2], [9, 10, 11, 12]]]);
});

test.each<[DataType, number, number[]]>([
  ["bool", 1, [1]], ["int8", -2, [254]], ["int16", -2, [254, 255]], ["float16", 1, [0, 60]], ["int32", -1, [255, 255, 255, 255]], ["uint32", 2 ** 32 - 1, [255, 255, 255, 255]],
  ["int64", -1, [255, 255, 255, 255, 255, 255, 255, 255]], ["float32", 1, [0, 0, 128, 63]], ["float64", 1, [0, 0, 0, 0, 0, 0, 240, 63]],
])("the value is written in the input's type: %s %d", (dataType, value, bytes) => {
  const plan = planPadding({ dimensions: [{ name: "t", lengths: [] }], values: [{ input: "x", value }] }, [spec("x", dataType, "n", "t")], []).plan!;
  const x = (length: number): WireTensor[] => [{ name: "x", dataType, shape: [1, length], data: new Uint8Array(length * bytes.length) }];
  const { inputs } = joinPadded([x(1), x(2)], plan)!;
  expect([...inputs[0]!.data.subarray(bytes.length, bytes.length * 2)]).toEqual(bytes);
});

test("a batch that would be more than a frame may carry is not made", () => {
  expect(joinPadded([request(1), request(2)], planOf([2 ** 30]))).toBeNull();
});
