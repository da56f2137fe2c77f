import { expect, test } from "vitest";
import { joinElements, parseRawBytes, readBytesInput, splitElements } from "./bytes-tensor.ts";
import { BadRequest, formatInfer, parseInferOf } from "./oip.ts";

const bytes = (...texts: string[]) => joinElements(texts.map((text) => Buffer.from(text)));
const texts = (elements: Uint8Array[]) => elements.map((element) => Buffer.from(element).toString());

test("elements follow their lengths, and are read as they were written", () => {
  expect([...bytes("ab", "")]).toEqual([2, 0, 0, 0, 0x61, 0x62, 0, 0, 0, 0]);
  expect(texts(splitElements("x", bytes("ab", "", "ü"), 3))).toEqual(["ab", "", "ü"]);
  expect(splitElements("x", bytes(), 0)).toEqual([]);
});

test.each<[what: string, data: number[], count: number, words: RegExp]>([
  ["a length cut off", [1, 0], 1, /^incomplete string length indicator for inference input 'x', expecting 4 bytes but only 2 bytes available$/],
  ["a length beyond the end", [3, 0, 0, 0, 1, 2], 1, /^incomplete string data for inference input 'x', expecting string of length 3 but only 2 bytes available$/],
  ["the largest length", [255, 255, 255, 255], 1, /expecting string of length 4294967295 but only 0 bytes available$/],
  ["too few elements", [0, 0, 0, 0], 2, /^unexpected number of string elements 1 for inference input 'x', expecting 2$/],
  ["too many elements", [0, 0, 0, 0, 0, 0, 0, 0], 1, /^unexpected number of string elements for inference input 'x', expecting 1: 4 bytes follow$/],
  ["nothing where there should be billions", [], 2 ** 40, /expecting 1099511627776$/],
])("%s is refused in the protocol's words", (_what, data, count, words) => {
  expect(() => splitElements("x", Uint8Array.from(data), count)).toThrow(BadRequest);
  expect(() => splitElements("x", Uint8Array.from(data), count)).toThrow(words);
});

const parse = (input: object, binary = Buffer.alloc(0)) => {
  const head = Buffer.from(JSON.stringify({ inputs: [{ name: "x", datatype: "BYTES", shape: [2], ...input }] }));
  return parseInferOf(Buffer.concat([head, binary]), binary.length === 0 ? null : head.length, readBytesInput).tensors[0]!;
};

test("over REST they are strings in the JSON, nested or not, or binary data", () => {
  expect(texts(parse({ data: ["a", "ü"] }).elements)).toEqual(["a", "ü"]);
  expect(texts(parse({ shape: [2, 1], data: [["a"], ["b"]] }).elements)).toEqual(["a", "b"]);
  const data = Buffer.from(bytes("a", "\u0000b"));
  expect(texts(parse({ parameters: { binary_data_size: data.length } }, data).elements)).toEqual(["a", "\u0000b"]);
  expect(parseRawBytes(Buffer.from("ab")).tensors[0]).toMatchObject({ name: "INPUT", shape: [1], elements: [Buffer.from("ab")] });
});

test.each<[what: string, input: object, words: RegExp]>([
  ["another datatype", { datatype: "FP32", data: [1, 2] }, /^input "x" is "FP32", the model takes BYTES$/],
  ["a value that is no string", { data: ["a", 1] }, /value 1 is 1, not a string/],
  ["too few values", { data: ["a"] }, /1 values, shape \[2\] needs 2/],
  ["no data", {}, /neither data nor binary_data_size/],
  ["a size that is none", { parameters: { binary_data_size: -1 } }, /binary_data_size is -1/],
  ["a size beyond the body", { parameters: { binary_data_size: 99 } }, /ends before its 99 bytes/],
  ["a place in shared memory without its size", { parameters: { shared_memory_region: "r" } }, /^'shared_memory_byte_size' must be specified along with 'shared_memory_region' parameter for tensor 'x'$/],
  ["bytes beside a place in shared memory", { data: ["a", "b"], parameters: { shared_memory_region: "r", shared_memory_byte_size: 10 } }, /^Input must set only one of the following fields: .* But set 'data' 'shared_memory_region'$/],
])("refused in words: %s", (_what, input, words) => {
  expect(() => parse(input)).toThrow(words);
});

test("answered as strings or as bytes", () => {
  const elements = [Buffer.from('a"'), Buffer.from("ü")];
  const answer = (binary: boolean) => formatInfer("m", "1", null, [{ name: "y", dataType: "bytes", shape: [2], data: joinElements(elements), elements, binary }], {});
  expect(JSON.parse(answer(false).json.toString()).outputs).toEqual([{ name: "y", datatype: "BYTES", shape: [2], data: ['a"', "ü"] }]);
  expect(JSON.parse(answer(true).json.toString()).outputs).toEqual([{ name: "y", datatype: "BYTES", shape: [2], parameters: { binary_data_size: 12 } }]);
  expect(Buffer.concat(answer(true).binary)).toEqual(Buffer.from(bytes('a"', "ü")));
});
