import { expect, test } from "vitest";
import { BadRequest, formatInfer, parseInfer } from "./oip.ts";

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
  ["INT64", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, [1, 0, 0, 0, 0, 0, 0xe0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0]],
  ["UINT64", 0, Number.MAX_SAFE_INTEGER, [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0]],
])("%s takes what fits and refuses what would arrive as another number", (datatype, min, max, bytes) => {
  expect(bytesOf(datatype, [min, max])).toEqual(bytes);
  for (const wrong of [min - 1, max + 1, 0.5, "1", null, true]) expect(() => bytesOf(datatype, [0, wrong]), `${wrong}`).toThrow(/value 1 is .*, not /);
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
  const { body, headerLength } = formatInfer("m", "7", [tensor], { outputs: null, binaryByDefault: false }, {});
  expect(headerLength).toBeNull();
  expect(body.toString()).toContain(`"id":"7"`);
  expect(body.toString()).toContain(`"data":[4611686018427387905]`);
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
