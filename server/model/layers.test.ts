import { expect, test } from "vitest";
import { positionsOf } from "./cuts.ts";
import type { Graph } from "./graph.ts";
import { layerBoundaries, layersOf } from "./layers.ts";
import { scheduleOps } from "./schedule.ts";
import { valueBytes, type ValueTable } from "./shapes.ts";
import { builtGraph, valuesOf } from "./testdata/built-graph.ts";

function layers(graph: Graph, values: ValueTable) {
  const schedule = scheduleOps(graph, [], (name) => valueBytes(values.get(name)));
  return layersOf(schedule, values, layerBoundaries(schedule, positionsOf(schedule, values)));
}

const two = builtGraph((model) => {
  const x = model.input("x", "float32", [1, 4]);
  const shared = model.weight("shared", [4, 4]);
  const a = model.op("MatMul", "/first/MatMul", [x, shared]);
  const wide = model.op("Concat", "/first/Concat", [a, a], { axis: 1 });
  const narrow = model.op("ReduceMax", "/first/ReduceMax", [wide]);
  const wider = model.op("Expand", "/second/Expand", [narrow, model.integers("to", [1, 4])]);
  model.op("MatMul", "/second/MatMul", [wider, shared], {}, ["y"]);
  model.output("y", "float32", [1, 4]);
});
const VALUES = valuesOf({ x: [1, 4], "/first/MatMul_output_0": [1, 4], "/first/Concat_output_0": [1, 8], "/first/ReduceMax_output_0": [1, 1], "/second/Expand_output_0": [1, 4], y: [1, 4] });

test("each heavy op makes a layer, and the boundary lies where the fewest bytes cross", () => {
  const found = layers(two, VALUES);
  expect(found.map((layer) => layer.opNames)).toEqual([["/first/MatMul", "/first/Concat", "/first/ReduceMax"], ["/second/Expand", "/second/MatMul"]]);
  expect(found.map((layer) => layer.kind)).toEqual(["MatMul", "MatMul"]);
  expect(found[0]?.outputs).toEqual([{ name: "/first/ReduceMax_output_0", dataType: "float32", shape: [1, 1] }]);
  expect(new Set(found.map((layer) => layer.name)).size).toBe(2);
});

test("a weight that two layers read counts for the first alone", () => {
  expect(layers(two, VALUES).map((layer) => layer.parameterCount)).toEqual([16, 0]);
});

test("the workspace is the most that is alive at once", () => {
  // MatMul's four floats and Concat's eight; what nobody reads any more is gone.
  expect(layers(two, VALUES)[0]?.workspaceBytes).toBe((4 + 8) * 4);
});

test("a model without heavy ops is cut between its ops", () => {
  const light = builtGraph((model) => {
    const x = model.input("x", "float32", [1, 4]);
    const a = model.op("Relu", "a", [x]);
    const b = model.op("Tanh", "b", [a]);
    model.op("Sigmoid", "y", [b], {}, ["y"]);
    model.output("y", "float32", [1, 4]);
  });
  expect(layers(light, valuesOf({ x: [1, 4], a_output_0: [1, 4], b_output_0: [1, 4], y: [1, 4] })).map((layer) => layer.opNames)).toEqual([["a"], ["b"], ["y"]]);
});
