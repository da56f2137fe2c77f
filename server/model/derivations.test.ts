import { expect, test } from "vitest";
import { addDerivations } from "./derivations.ts";
import type { Cut, Layer } from "./model.ts";
import { scheduleOps } from "./schedule.ts";
import { builtGraph } from "./testdata/built-graph.ts";

const graph = builtGraph((model) => {
  const picture = model.input("picture", "float32", [1, 4]);
  const size = model.input("size", "float32", [1, 4]);
  const a = model.op("MatMul", "a", [size, model.weight("w1", [4, 4])]);
  const b = model.op("MatMul", "b", [picture, model.weight("w2", [4, 4])]);
  model.op("Add", "y", [a, b], {}, ["y"]);
  model.output("y", "float32", [1, 4]);
});
const layersOf = (count: number) => Array.from({ length: count }, (_, index) => ({ index }) as Layer);

test("a layer and a value are made from the inputs that reach them", () => {
  const schedule = scheduleOps(graph, [], () => 16);
  const layers = layersOf(3);
  const cuts = [{ tensors: [{ name: "a_output_0" }, { name: "picture" }] }, { tensors: [{ name: "a_output_0" }, { name: "b_output_0" }] }] as Cut[];
  addDerivations(schedule, layers, cuts, [0, 1]);
  expect(layers.map((layer) => layer.derivedFrom)).toEqual([["size"], ["picture"], ["picture", "size"]]);
  expect(cuts.map((cut) => cut.tensors.map((tensor) => tensor.derivedFrom))).toEqual([[["size"], ["picture"]], [["size"], ["picture"]]]);
});

test("state carries what it is made from into the next run", () => {
  const recurrent = builtGraph((model) => {
    const picture = model.input("picture", "float32", [1, 4]);
    const h = model.input("h", "float32", [1, 4]);
    const a = model.op("MatMul", "a", [h, model.weight("w1", [4, 4])]);
    model.op("Add", "hn", [a, picture], {}, ["hn"]);
    model.output("hn", "float32", [1, 4]);
  });
  const schedule = scheduleOps(recurrent, [{ input: "h", output: "hn", dataType: "float32", shape: [1, 4] }], () => 16);
  const layers = layersOf(2);
  addDerivations(schedule, layers, [], [0]);
  expect(layers.map((layer) => layer.derivedFrom)).toEqual([["picture"], ["picture"]]);
});
