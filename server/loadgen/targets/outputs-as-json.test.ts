import { expect, test } from "vitest";
import { binaryAsJson, outputsAsJson } from "./outputs-as-json.ts";
import { tensorBytes } from "./tensor-bytes.ts";

const output = (datatype: string, shape: unknown[] = [1, 2]) => ({ name: "y", datatype, shape });
const dataOf = (datatype: string, bytes: Buffer, shape?: unknown[]) => outputsAsJson([output(datatype, shape)], [bytes]).outputs[0]!.data;

test.each<[datatype: string, values: (number | boolean | string)[]]>([
  ["BOOL", [true, false]], ["UINT8", [0, 255]], ["INT16", [-7, 9]], ["INT64", [-(2 ** 40), 7]], ["UINT32", [0, 2 ** 32 - 1]], ["FP32", [0.5, -3]], ["FP64", [0.1, 1e300]], ["BYTES", ["ä", ""]],
])("%s: an output's bytes are told as JSON has them", (datatype, values) => {
  expect(outputsAsJson([output(datatype)], [tensorBytes({ name: "y", datatype, shape: [1, 2] }, values)])).toEqual({ outputs: [{ name: "y", datatype, shape: [1, 2], data: values }] });
});

test("16-bit floats, which JSON of the protocol lacks: a third, the least, the largest; what is no finite number is null", () => {
  const words = (...bits: number[]) => Buffer.from(Uint16Array.from(bits).buffer);
  expect(dataOf("FP16", words(0x3c00, 0xc000, 0x3555, 0x0001, 0x7bff, 0x7c00, 0x7e00, 0x8000), [8])).toEqual([1, -2, 0.333251953125, 2 ** -24, 65504, null, null, -0]);
  expect(dataOf("BF16", words(0x3f80, 0xc000, 0x7f80), [3])).toEqual([1, -2, null]);
  expect(dataOf("FP32", Buffer.from(Float32Array.of(Number.NaN, 1).buffer))).toEqual([null, 1]);
});

test.each<[what: string, act: () => unknown, words: RegExp]>([
  ["too few bytes", () => dataOf("FP32", Buffer.alloc(7)), /^output "y" has 7 bytes, its shape \[1, 2\] of FP32 has 8$/],
  ["too many bytes", () => dataOf("INT8", Buffer.alloc(3)), /^output "y" has 3 bytes, its shape \[1, 2\] of INT8 has 2$/],
  ["one text of two", () => dataOf("BYTES", Buffer.from([1, 0, 0, 0, 97])), /^output "y" has 1 texts, its shape \[1, 2\] has 2$/],
  ["a type nobody knows", () => dataOf("FP8", Buffer.alloc(2)), /^output "y" is of type FP8, which is not known$/],
  ["bytes for one of two outputs", () => outputsAsJson([output("FP32"), output("FP32")], [Buffer.alloc(8)]), /^the answer names 2 outputs and has the bytes of 1$/],
  ["no outputs", () => binaryAsJson(Buffer.from("{}"), 2), /^the answer has no outputs$/],
])("%s is said in words", (_what, act, words) => {
  expect(act).toThrow(words);
});

test("over HTTP, outputs that follow the JSON, beside one that is in it", () => {
  const outputs = [{ ...output("FP32"), parameters: { binary_data_size: 8 } }, { name: "n", datatype: "INT32", shape: [1], data: [7] }, { ...output("UINT8"), parameters: { binary_data_size: 2 } }];
  const json = Buffer.from(JSON.stringify({ model_name: "m", outputs }));
  const body = Buffer.concat([json, Buffer.from(Float32Array.of(0.5, 2).buffer), Buffer.from([3, 4])]);
  expect(binaryAsJson(body, json.length)).toEqual({ outputs: [{ ...output("FP32"), data: [0.5, 2] }, outputs[1], { ...output("UINT8"), data: [3, 4] }] });
});
