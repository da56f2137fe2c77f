import { expect, test } from "vitest";
import { flopsOf, weightsOf } from "./cost.ts";
import { builtGraph, opNamed, valuesOf } from "./testdata/built-graph.ts";

const graph = builtGraph((model) => {
  const x = model.input("x", "float32", [1, 3, 8, 8]);
  const conv = model.op("Conv", "conv", [x, model.weight("kernel", [16, 3, 3, 3]), model.weight("bias", [16])]);
  const flat = model.op("Reshape", "flat", [conv, model.integers("shape", [1, 576])]);
  const wide = model.op("MatMul", "wide", [flat, model.weight("w", [576, 10])]);
  const scaled = model.op("Mul", "scaled", [wide, model.floats("scale", [2], [])]);
  const again = model.op("Gemm", "again", [scaled, model.weight("g", [10, 4])]);
  model.op("Softmax", "y", [again], {}, ["y"]);
  model.output("y", "float32", [1, 4]);
});
const values = valuesOf({ x: [1, 3, 8, 8], conv_output_0: [1, 16, 6, 6], flat_output_0: [1, 576], wide_output_0: [1, 10], scaled_output_0: [1, 10], again_output_0: [1, 4], y: [1, 4] });
const flops = (name: string) => flopsOf(opNamed(graph, name), graph, values);

test("a multiplication with an addition counts as two, for every element that is made", () => {
  expect(flops("conv")).toBe(2 * (16 * 6 * 6) * (3 * 3 * 3));
  expect(flops("wide")).toBe(2 * 10 * 576);
  expect(flops("again")).toBe(2 * 4 * 10);
});

test("moving data costs nothing, elementwise ops a few per element", () => {
  expect(flops("flat")).toBe(0);
  expect(flops("scaled")).toBe(10);
  expect(flops("y")).toBe(5 * 4);
});

test("unknown sizes count as nothing", () => {
  expect(flopsOf(opNamed(graph, "wide"), graph, valuesOf({}))).toBe(0);
});

test("weights are counted once, and what only wires the graph is no parameter", () => {
  const seen = new Set<string>();
  expect(weightsOf(opNamed(graph, "conv"), graph, seen)).toEqual({ parameters: 16 * 27 + 16, bytes: (16 * 27 + 16) * 4 });
  expect(weightsOf(opNamed(graph, "conv"), graph, seen)).toEqual({ parameters: 0, bytes: 0 });
  expect(weightsOf(opNamed(graph, "flat"), graph, seen)).toEqual({ parameters: 0, bytes: 16 });
  expect(weightsOf(opNamed(graph, "scaled"), graph, seen)).toEqual({ parameters: 0, bytes: 4 });
});
