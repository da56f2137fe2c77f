import { expect, test } from "vitest";
import { BadRequest, checkInputs, formatInfer, parseInfer, parseRaw } from "./oip.ts";

const input = (datatype: string, data: unknown[], over: object = {}) => ({ name: "x", datatype, shape: [data.length], data, ...over });
const parse = (json: object, binary: Buffer = Buffer.alloc(0), headerLength?: number) => {
  const head = Buffer.from(JSON.stringify(json));
  return parseInfer(Buffer.concat([head, binary]), headerLength ?? (binary.length > 0 ? head.length : null));
};
const bytesOf = (datatype: string, data: unknown[]) => [...parse({ inputs: [input(datatype, data)] }).tensors[0]!.data];

test.each([
  ["INT8", -128, 127, [0x80, 0x7f]],
  ["UINT8", 0, 255, [0, 0xff]],
  ["INT16", -32_768, 32_767, [0, 0x80, 0xff, 0x7f]],
  ["UINT16", 0, 65_535, [0, 0, 0xff, 0xff]],
  ["INT32", -(2 ** 31), 2 ** 31 - 1, [0, 0, 0, 0x80, 0xff, 0xff, 0xff, 0x7f]],
  ["UINT32", 0, 2 ** 32 - 1, [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]],
])("%s takes what fits and refuses what would arrive as another number", (datatype, min, max, bytes) => {
  expect(bytesOf(datatype, [min, max])).toEqual(bytes);
  for (const wrong of [min - 1, max + 1, 0.5, "1", null, true]) expect(() => bytesOf(datatype, [0, wrong]), `${wrong}`).toThrow(/value 1 is .*, not /);
});

test.each([
  ["INT64", ["-9223372036854775808", "9223372036854775807", "-9007199254740993", "9007199254740991", "0"], ["-9223372036854775809", "9223372036854775808", "1e19", "0.5", '"1"', "null"]],
  ["UINT64", ["18446744073709551615", "9223372036854775809", "9007199254740993", "9007199254740991", "0"], ["-1", "18446744073709551616", "1e19", "0.5", '"1"', "true"]],
])("%s takes every value it has, to the last digit, in nested lists too", (datatype, values, wrong) => {
  const read = (data: string, count: number) => parseInfer(Buffer.from(`{"inputs":[{"name":"w","datatype":"INT8","shape":[1],"data":[1]},{"data" : ${data}, "name":"x","datatype":"${datatype}","shape":[${count}]}]}`), null).tensors[1]!.data;
  const { buffer } = read(`[ [${values.slice(0, 2).join(" , ")}], [${values.slice(2).join(",")}] ]`, values.length);
  expect([...(datatype === "INT64" ? new BigInt64Array(buffer as ArrayBuffer) : new BigUint64Array(buffer as ArrayBuffer))].map(String)).toEqual(values);
  for (const one of wrong) expect(() => read(`[0, ${one}]`, 2), one).toThrow(/value 1 is .*, not U?INT64/);
});

test("an id of a sequence keeps all its digits", () => {
  const sequenceOf = (id: string) => parseInfer(Buffer.from(`{"parameters":{"sequence_id":${id},"sequence_start":true},"inputs":[{"name":"x","datatype":"INT8","shape":[1],"data":[1]}]}`), null).sequence;
  expect(["18446744073709551615", "9007199254740993", "1000", '"1000"', '"9b2e"'].map((id) => sequenceOf(id)?.id)).toEqual(["18446744073709551615", "9007199254740993", "1000", "1000", "9b2e"]);
  expect(["0", '""'].map(sequenceOf)).toEqual([null, null]);
});

test("nested lists are flattened; BOOL takes true, false, 1 and 0", () => {
  expect([...parse({ inputs: [{ name: "x", datatype: "UINT8", shape: [2, 2], data: [[1, 2], [3, 4]] }] }).tensors[0]!.data]).toEqual([1, 2, 3, 4]);
  expect(bytesOf("BOOL", [true, false, 1, 0])).toEqual([1, 0, 1, 0]);
  expect(() => bytesOf("BOOL", [2])).toThrow(BadRequest);
});

test("binary tensors follow the JSON in the order of the inputs; every byte belongs to one", () => {
  const one = (name: string, bytes: number) => ({ name, datatype: "UINT8", shape: [bytes], parameters: { binary_data_size: bytes } });
  const { tensors } = parse({ inputs: [one("a", 2), input("UINT8", [9]), one("b", 1)] }, Buffer.from([1, 2, 3]));
  expect(tensors.map(({ name, data }) => [name, ...data])).toEqual([["a", 1, 2], ["x", 9], ["b", 3]]);
  expect(() => parse({ inputs: [one("a", 2)] }, Buffer.from([1, 2, 3]))).toThrow(/1 bytes follow/);
  expect(() => parse({ inputs: [one("a", 3)] }, Buffer.from([1, 2]))).toThrow(/ends before its 3 bytes/);
  expect(() => parse({ inputs: [{ ...one("a", 3), shape: [4] }] }, Buffer.from([1, 2, 3]))).toThrow(/needs 4/);
  expect(() => parse({ inputs: [input("UINT8", [1])] }, Buffer.from([1]), Number.NaN)).toThrow(/Inference-Header-Content-Length/);
});

test("an empty list of outputs asks for all of them", () => {
  expect(parse({ inputs: [input("FP32", [1])], outputs: [] }).outputs).toBeNull();
  const tensor = { name: "y", dataType: "int64" as const, shape: [1], data: new Uint8Array(new BigInt64Array([2n ** 62n + 1n]).buffer) };
  const { json, binary } = formatInfer("m", "3", "7", [{ ...tensor, binary: false }], {});
  expect(binary).toEqual([]);
  expect(JSON.parse(json.toString())).toMatchObject({ model_name: "m", model_version: "3", id: "7" });
  expect(json.toString()).toContain(`"data":[4611686018427387905]`);
});

test("a raw binary request is the one input's bytes; one dynamic dimension follows from their number", () => {
  const spec = (shape: (number | string)[], name = "x") => ({ name, dataType: "float16" as const, shape });
  const raw = (bytes: number, ...specs: ReturnType<typeof spec>[]) => parseRaw(Buffer.alloc(bytes), specs, new Set(["state"]));
  expect(raw(24, spec(["n", 3, 2]))).toMatchObject({ binaryByDefault: true, outputs: null, tensors: [{ name: "x", dataType: "float16", shape: [2, 3, 2] }] });
  expect(raw(12, spec([3, 2]), spec([9], "state")).tensors[0]!.shape).toEqual([3, 2]);
  expect(() => raw(13, spec(["n", 3, 2]))).toThrow(/multiple of 12/);
  expect(() => raw(24, spec([3, 2]))).toThrow(/takes 12/);
  expect(() => raw(24, spec(["n", "m"]))).toThrow(/at most one dynamic/);
  expect(() => raw(24, spec([1]), spec([1], "y"))).toThrow(/one input, this one has 2/);
});

test.each([
  ["no object", []],
  ["no inputs", { inputs: [] }],
  ["an input without a name", { inputs: [{ datatype: "FP32", shape: [1], data: [1] }] }],
  ["an unknown type", { inputs: [input("BYTES", ["a"])] }],
  ["a shape that is none", { inputs: [input("FP32", [1], { shape: [-1] })] }],
  ["a shape too large", { inputs: [input("FP32", [1], { shape: [2 ** 31, 2 ** 31, 2 ** 31] })] }],
  ["too few values", { inputs: [input("FP32", [1], { shape: [2] })] }],
  ["a timeout that is none", { inputs: [input("FP32", [1])], parameters: { timeout: -1 } }],
  ["a sequence id that is none", { inputs: [input("FP32", [1])], parameters: { sequence_id: true } }],
])("%s is refused in words", (_what, json) => {
  expect(() => parse(json)).toThrow(BadRequest);
});

test("BF16 is for FP32 inputs alone", () => {
  const given = (dataType: "float32" | "int32") => checkInputs(parse({ inputs: [input("BF16", [0], { data: undefined, parameters: { binary_data_size: 2 } })] }, Buffer.alloc(2)).tensors, [{ name: "x", dataType, shape: [1] }], new Set());
  expect(() => given("float32")).not.toThrow();
  expect(() => given("int32")).toThrow('input "x" is BF16, which is taken as FP32; the model takes INT32');
});
