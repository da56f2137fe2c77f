import { expect, test } from "vitest";
import { chooseDimensionValues, dimensionKey, firstStepShape, resolveShape } from "./dimensions.ts";
import { builtGraph } from "./testdata/built-graph.ts";
import type { ModelBuilder } from "./synthetic/model-builder.ts";

type Inputs = [name: string, dataType: Parameters<ModelBuilder["input"]>[1], shape: Parameters<ModelBuilder["input"]>[2]][];
function chosen(inputs: Inputs, outputShape: (number | string)[] = [1, 4]) {
  return chooseDimensionValues(builtGraph((model) => {
    for (const [name, dataType, shape] of inputs) model.input(name, dataType, shape);
    model.op("Identity", "y", [inputs[0]?.[0] as string], {}, ["y"]);
    model.output("y", inputs[0]?.[1] as "float32", outputShape);
  }));
}

test("a picture to classify, a page to find things in, and a line of text are told apart", () => {
  expect(chosen([["x", "float32", ["N", 3, "h", "w"]]])).toEqual({ N: 1, h: 224, w: 224 });
  expect(chosen([["x", "float32", ["N", 3, "h", "w"]]], [1, 1, "h", "w"])).toMatchObject({ h: 640, w: 640 });
  expect(chosen([["x", "float32", ["N", 3, 48, "w"]]])).toMatchObject({ w: 320 });
  expect(chosen([["x", "float32", ["N", "h", "w", 3]]])).toMatchObject({ h: 224, w: 224 });
});

test("a text has 128 tokens; with a past, one more", () => {
  expect(chosen([["input_ids", "int64", ["batch", "sequence"]]])).toEqual({ batch: 1, sequence: 128 });
  const withPast = chosen([["input_ids", "int64", ["batch", "seq"]], ["attention_mask", "int64", ["batch", "past_len + 1"]], ["past_key_values.0.key", "float32", ["batch", 4, "past_len", 8]]]);
  expect(withPast).toMatchObject({ batch: 1, seq: 1, past_len: 128, "past_len + 1": 129 });
});

test("a dimension without a name is known by its place", () => {
  expect(dimensionKey("x", 2, "")).toBe("x[2]");
  expect(dimensionKey("x", 2, "width")).toBe("width");
});

test("a shape is resolved whole or not at all, sums included", () => {
  expect(resolveShape("x", [1, "a", "a + 2"], { a: 3 })).toEqual([1, 3, 5]);
  expect(resolveShape("x", [1, ""], { "x[1]": 9 })).toEqual([1, 9]);
  expect(resolveShape("x", [1, "b"], { a: 3 })).toBeNull();
  expect(resolveShape("x", null, {})).toBeNull();
});

test("before the first step a growing past is empty", () => {
  expect(firstStepShape({ name: "past", elementType: 1, shape: ["batch", 4, "past_len", 8] } as Parameters<typeof firstStepShape>[0], { batch: 1, past_len: 128 })).toEqual([1, 4, 0, 8]);
});
