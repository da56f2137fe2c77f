import { expect, test } from "vitest";
import type { ValueInfoProto } from "./onnx-types.ts";
import { findStates, isPastDimension } from "./states.ts";

const FLOAT = 1;
const INT64 = 7;
const value = (name: string, shape: ValueInfoProto["shape"] = [1, 4], elementType = FLOAT) => ({ name, elementType, shape }) as ValueInfoProto;
const pairs = (inputs: ValueInfoProto[], outputs: ValueInfoProto[]) => findStates(inputs, outputs, (input) => (input.shape ?? []).map((size) => (typeof size === "number" ? size : 0))).map((pair) => [pair.input, pair.output]);

test.each([
  ["h", "hn"], ["h0", "hn"], ["state", "stateN"], ["hidden_in", "hidden_out"], ["in_cache", "out_cache"],
  ["past_key_values.0.key", "present.0.key"], ["past_0", "present_0"], ["cache_k", "new_cache_k"],
])("the input %s takes what the output %s gave", (input, output) => {
  expect(pairs([value("x"), value(input)], [value("y"), value(output)])).toEqual([[input, output]]);
});

test("a pair needs one type and one shape", () => {
  expect(pairs([value("state")], [value("stateN", [1, 4], INT64)])).toEqual([]);
  expect(pairs([value("state")], [value("stateN", [1, 5])])).toEqual([]);
  expect(pairs([value("state")], [value("stateN", [4])])).toEqual([]);
  expect(pairs([value("state", ["batch", 4])], [value("stateN", ["n", 4])])).toEqual([["state", "stateN"]]);
});

test("names that only look alike are no state, and one output feeds one input", () => {
  expect(pairs([value("input"), value("mask")], [value("output"), value("mask_score")])).toEqual([]);
  expect(pairs([value("h"), value("h0")], [value("hn")])).toHaveLength(1);
});

test("the first step's shape is the caller's", () => {
  expect(findStates([value("past_0", [1, "past", 4])], [value("present_0", [1, "total", 4])], () => [1, 0, 4])).toEqual([{ input: "past_0", output: "present_0", dataType: "float32", shape: [1, 0, 4] }]);
});

test("a past is what grows, not the sum it grows into", () => {
  expect(["past_sequence_length", "cache_len", "past_sequence_length + 1", "sequence"].map(isPastDimension)).toEqual([true, true, false, false]);
});
