import { expect, test } from "vitest";
import { memorySource } from "./byte-source.ts";
import { buildGraph } from "./graph.ts";
import { parseModel } from "./onnx-proto.ts";
import { shapeProbe, weightBytesFor } from "./shapes.ts";
import { ModelBuilder } from "./synthetic/model-builder.ts";

function modelWithLength() {
  const model = new ModelBuilder({ seed: 1 });
  const x = model.input("x", "float32", ["n", 64]);
  const wide = model.op("MatMul", "/MatMul", [x, model.weight("large", [64, 512])]);
  const shape = model.op("Shape", "/Shape", [x]);
  model.op("Gather", "/Gather", [shape, model.integers("axis", [0], [])], {}, ["length"]);
  model.op("Identity", "/Identity", [wide], {}, ["y"]);
  model.output("y", "float32", ["n", 512]);
  model.output("length", "int64", []);
  const chunks: Uint8Array[] = [];
  model.write((chunk) => chunks.push(chunk.slice()));
  const source = memorySource(Buffer.concat(chunks));
  return { source, graph: buildGraph(parseModel(source)) };
}

test("a run for sizes holds only what leads to them", () => {
  const { source, graph } = modelWithLength();
  const run = parseModel(memorySource(shapeProbe(source, graph, ["length"], null, true))).graph;
  expect(run.nodes.map((node) => node.opType)).toEqual(["Shape", "Gather"]);
  expect(run.initializers.map((tensor) => tensor.name)).toEqual(["axis"]);
  expect(weightBytesFor(graph, ["length"])).toBe(8);
  expect(weightBytesFor(graph, ["y", "length"])).toBe(8 + 64 * 512 * 4);
});

test("asking for types holds every op and no large weight", () => {
  const { source, graph } = modelWithLength();
  const probe = parseModel(memorySource(shapeProbe(source, graph, ["length", "/MatMul_output_0"], null, false))).graph;
  expect(probe.nodes).toHaveLength(4);
  expect(probe.inputs.map((input) => input.name)).toEqual(["x", "large"]);
});
