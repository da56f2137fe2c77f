import { expect, test } from "vitest";
import { decodeParityFile, encodeParityFile } from "./parity-file.ts";
import type { WireTensor } from "./tensor.ts";

const FILE = {
  inputs: [{ name: "x", dataType: "float32", shape: [1, 3], data: new Uint8Array(12).fill(7) }, { name: "n", dataType: "int64", shape: [], data: new Uint8Array(8) }] satisfies WireTensor[],
  outputs: [{ name: "y", dataType: "bool", shape: [0, 4], data: new Uint8Array(0) }] satisfies WireTensor[],
};

test("what is written is read", () => {
  expect(decodeParityFile(encodeParityFile(FILE))).toEqual(FILE);
});

test("a file cut anywhere, or with more bytes, is refused", () => {
  const bytes = encodeParityFile(FILE);
  for (let length = 0; length < bytes.length; length++) expect(() => decodeParityFile(bytes.subarray(0, length)), String(length)).toThrow(RangeError);
  expect(() => decodeParityFile(Uint8Array.from([...bytes, 0]))).toThrow("after its last tensor");
});

test("a tensor whose bytes do not fit its shape is not written", () => {
  expect(() => encodeParityFile({ inputs: [{ name: "x", dataType: "int8", shape: [5], data: new Uint8Array(4) }], outputs: [] })).toThrow(RangeError);
});
