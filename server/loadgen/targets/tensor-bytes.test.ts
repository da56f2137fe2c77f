import { expect, test } from "vitest";
import { tensorValues } from "./made-up-tensor.ts";
import { tensorBytes } from "./tensor-bytes.ts";

test.each<[datatype: string, values: unknown[]]>([
  ["BOOL", [true, false]], ["UINT8", [0, 255]], ["INT8", [-128, 127]], ["UINT16", [0, 65_535]], ["INT16", [-32_768, 32_767]], ["UINT32", [0, 2 ** 32 - 1]], ["INT32", [-(2 ** 31), 2 ** 31 - 1]],
  ["UINT64", [0, 2 ** 40]], ["INT64", [-(2 ** 40), 7]], ["FP32", [0.5, -3]], ["FP64", [0.1, 1e300]], ["BYTES", ["ä", ""]],
])("%s: what was written is read, flat or nested", (datatype, values) => {
  const spec = { name: "x", datatype, shape: [1, 2] };
  expect(tensorValues(spec, tensorBytes(spec, values))).toEqual(values);
  expect(tensorBytes(spec, [values])).toEqual(tensorBytes(spec, values));
});

test("64 bits keep all their digits, bytes stay what they are", () => {
  const most = { toString: () => "18446744073709551615" };
  expect(tensorBytes({ name: "x", datatype: "UINT64", shape: [1] }, [most])).toEqual(Buffer.alloc(8, 255));
  expect(tensorBytes({ name: "x", datatype: "BYTES", shape: [1] }, [Buffer.from([0xff, 0])])).toEqual(Buffer.from([2, 0, 0, 0, 0xff, 0]));
});

test.each<[datatype: string, shape: number[], values: unknown[], words: string]>([
  ["FP32", [2, 2], [1, 2, 3], '"x" has 3 values, its shape [2, 2] has 4'],
  ["INT8", [1], [128], '"x" is of type INT8: 128 does not fit'], ["UINT8", [1], [-1], "-1 does not fit"], ["INT32", [1], [1.5], "1.5 does not fit"], ["INT64", [1], [1.5], "1.5 does not fit"],
  ["UINT64", [1], [-1], "-1 does not fit"], ["FP32", [1], ["1"], '"1" is no number'], ["BOOL", [1], ["no"], '"no" is neither true nor false'], ["FP16", [1], [1], '"x" is of type FP16, which cannot be written as values'],
])("%s %j of %j is refused", (datatype, shape, values, words) => {
  expect(() => tensorBytes({ name: "x", datatype, shape }, values)).toThrow(words);
});
