import { expect, test } from "vitest";
import { memorySource } from "./byte-source.ts";
import { buildGraph } from "./graph.ts";
import { ModelRefusal } from "./model-refusal.ts";
import { parseModel } from "./onnx-proto.ts";
import { valueInfo } from "./skeleton.ts";
import { MessageWriter } from "./wire-writer.ts";

type Node = [opType: string, inputs: string[], outputs: string[]];

function model(nodes: Node[], options: { inputs?: string[]; outputs?: string[]; outputType?: number; weights?: MessageWriter[]; bodyWeight?: MessageWriter } = {}): Uint8Array {
  const graph = new MessageWriter();
  for (const [opType, inputs, outputs] of nodes) {
    const node = new MessageWriter();
    for (const input of inputs) node.string(1, input);
    for (const output of outputs) node.string(2, output);
    graph.message(1, node.string(4, opType));
  }
  if (options.bodyWeight !== undefined) graph.message(1, new MessageWriter().string(2, "z").string(4, "If").message(5, new MessageWriter().string(1, "then_branch").message(6, new MessageWriter().message(5, options.bodyWeight))));
  for (const weight of options.weights ?? []) graph.message(5, weight);
  for (const name of options.inputs ?? ["x"]) graph.message(11, valueInfo({ name, elementType: 1, shape: [1, 4] }));
  for (const name of options.outputs ?? ["y"]) graph.message(12, valueInfo({ name, elementType: options.outputType ?? 1, shape: [1, 4] }));
  return new MessageWriter().integer(1, 8).message(8, new MessageWriter().string(1, "").integer(2, 17)).message(7, graph).finish();
}

function refusal(bytes: Uint8Array): Partial<ModelRefusal> {
  try {
    buildGraph(parseModel(memorySource(bytes)));
    return {};
  } catch (error) {
    expect(error).toBeInstanceOf(ModelRefusal);
    return error as ModelRefusal;
  }
}

function weight(name: string, dims: number[], bytes: number, location?: string): MessageWriter {
  const message = new MessageWriter();
  for (const size of dims) message.integer(1, size);
  message.integer(2, 1).string(8, name);
  if (location === undefined) return message.bytes(9, new Uint8Array(bytes));
  return message.message(13, new MessageWriter().string(1, "location").string(2, location)).integer(14, 1);
}

const RELU: Node = ["Relu", ["x"], ["y"]];

const REFUSED: [what: string, bytes: Uint8Array, code: string, place: string][] = [
  ["a cycle", model([["Relu", ["b"], ["a"]], ["Relu", ["a"], ["b"]], RELU]), "cycle", "graph.node[0]"],
  ["a missing tensor", model([["Add", ["x", "ghost"], ["y"]]]), "missing-tensor", "graph.node[0]"],
  ["a missing output", model([RELU], { outputs: ["z"] }), "missing-tensor", "graph.output[0]"],
  ["a value made twice", model([RELU, ["Abs", ["x"], ["y"]]]), "duplicate-name", "graph.node[1]"],
  ["two weights of one name", model([["Add", ["x", "w"], ["y"]]], { weights: [weight("w", [4], 16), weight("w", [4], 16)] }), "duplicate-name", "graph.initializer[1]"],
  ["an absolute external path", model([["Add", ["x", "w"], ["y"]]], { weights: [weight("w", [4], 0, "/etc/passwd")] }), "external-path", "graph.initializer[0]"],
  ["an external path that climbs", model([["Add", ["x", "w"], ["y"]]], { weights: [weight("w", [4], 0, "data/../../secret")] }), "external-path", "graph.initializer[0]"],
  ["a drive letter", model([["Add", ["x", "w"], ["y"]]], { weights: [weight("w", [4], 0, "C:\\weights")] }), "external-path", "graph.initializer[0]"],
  ["a weight with too few bytes", model([["Add", ["x", "w"], ["y"]]], { weights: [weight("w", [400], 16)] }), "tensor-size", "graph.initializer[0]"],
  ["an impossible shape", model([["Add", ["x", "w"], ["y"]]], { weights: [weight("w", [2 ** 40, 2 ** 40], 16)] }), "tensor-size", "graph.initializer[0]"],
  ["an int4 output", model([RELU], { outputType: 22 }), "unsupported-type", "graph.output[0]"],
  ["a bfloat16 output", model([RELU], { outputType: 16 }), "unsupported-type", "graph.output[0]"],
  ["a float8 output", model([RELU], { outputType: 17 }), "unsupported-type", "graph.output[0]"],
  ["a string output", model([RELU], { outputType: 8 }), "unsupported-type", "graph.output[0]"],
  ["an absolute path inside a body", model([RELU], { bodyWeight: weight("w", [4], 0, "/etc/passwd") }), "external-path", "graph.node[1].then_branch"],
  ["a body's weight in another file", model([RELU], { bodyWeight: weight("w", [4], 0, "w.bin") }), "unsupported-feature", "graph.node[1].then_branch"],
  ["a body's weight with too few bytes", model([RELU], { bodyWeight: weight("w", [400], 16) }), "tensor-size", "graph.node[1].then_branch"],
  ["no ops", model([]), "no-ops", "graph.node"],
  ["no outputs", model([RELU], { outputs: [] }), "no-outputs", "graph.output"],
];

for (const [what, bytes, code, place] of REFUSED) {
  test(`${what} is refused with its place`, () => {
    const { code: given, place: where } = refusal(bytes);
    expect(given).toBe(code);
    expect(where).toContain(place);
  });
}

test("ops out of order are sorted", () => {
  const graph = buildGraph(parseModel(memorySource(model([["Relu", ["a"], ["y"]], ["Abs", ["x"], ["a"]]]))));
  expect(graph.ops.map((op) => op.opType)).toEqual(["Abs", "Relu"]);
});
