// Every legal cut of small models whose bodies (Loop, Scan, If in Loop) read values of the graph around them: what a body captures crosses a cut
// like any other value. Weights and inputs are made up and seeded.
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ModelFacts } from "../model/model.ts";
import { sampleInputs } from "../model/sample-inputs.ts";
import { seededRandom } from "../model/seeded-random.ts";
import { valueInfo } from "../model/skeleton.ts";
import { type AttributeValue, ModelBuilder } from "../model/synthetic/model-builder.ts";
import { MessageWriter } from "../model/wire-writer.ts";
import { errorOfSplit, everyCut, factsOf, randomSplit, referenceOf, withTempFolder } from "./testing-models.ts";

const TIMEOUT_MS = 120_000;
const WIDTH = 16;

type Value = [name: string, elementType: number, shape: number[]];
type BodyOp = [opType: string, inputs: string[], outputs: string[], branches?: Record<string, MessageWriter>];

/** A body: its own inputs and outputs, ops that may read any value around it. */
function body(inputs: Value[], ops: BodyOp[], outputs: Value[]): MessageWriter {
  const graph = new MessageWriter();
  for (const [opType, reads, made, branches = {}] of ops) {
    const node = new MessageWriter();
    for (const name of reads) node.string(1, name);
    for (const name of made) node.string(2, name);
    node.string(4, opType);
    for (const [name, branch] of Object.entries(branches)) node.message(5, new MessageWriter().string(1, name).message(6, branch).integer(20, 5));
    graph.message(1, node);
  }
  graph.string(2, "body");
  for (const [name, elementType, shape] of inputs) graph.message(11, valueInfo({ name, elementType, shape }));
  for (const [name, elementType, shape] of outputs) graph.message(12, valueInfo({ name, elementType, shape }));
  return graph;
}

const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;
const row: number[] = [1, WIDTH];

function dense(model: ModelBuilder, name: string, value: string): string {
  return model.op("Tanh", `/${name}/Tanh`, [model.op("MatMul", `/${name}/MatMul`, [value, model.weight(`${name}.weight`, [WIDTH, WIDTH])])]);
}

/** Five turns of carried = tanh(carried · inner) + captured, every turn given out too. */
function loop(model: ModelBuilder, name: string, carried: string, captured: string, outputs: string[], options: { bodyOps?: BodyOp[] } = {}): string {
  model.weight(`${name}.inner`, [WIDTH, WIDTH]);
  const ops: BodyOp[] = options.bodyOps ?? [["MatMul", ["inside", `${name}.inner`], ["product"]], ["Tanh", ["product"], ["bent"]], ["Add", ["bent", captured], ["next"]]];
  const attributes: Record<string, AttributeValue> = {
    body: { graph: body([["turn", INT64, []], ["going", BOOL, []], ["inside", FLOAT, row]], [...ops, ["Identity", ["going"], ["goes_on"]], ["Identity", ["next"], ["seen"]]], [["goes_on", BOOL, []], ["next", FLOAT, row], ["seen", FLOAT, row]]) },
  };
  return model.op("Loop", `/${name}/Loop`, [model.integers(`${name}.turns`, [5], []), "", carried], attributes, outputs);
}

async function expectEveryCutEqual(folder: string, model: ModelBuilder): Promise<ModelFacts> {
  const path = join(folder, "model.onnx");
  const file = openSync(path, "w");
  model.write((chunk) => writeSync(file, chunk));
  closeSync(file);
  const facts = await factsOf(path);
  const inputs = sampleInputs({ inputs: facts.inputs, dimensionValues: facts.dimensionValues, vocabulary: () => null, zeros: new Set(), seed: 4 });
  const reference = await referenceOf(path, facts, [inputs]);
  const splits = everyCut(facts);
  expect(splits.length).toBeGreaterThan(2);
  const random = seededRandom(2);
  for (const ranges of [...splits, ...[3, 4].map((parts) => randomSplit(facts, parts, random))]) {
    expect(await errorOfSplit(path, facts, ranges, reference), JSON.stringify(ranges)).toBeLessThanOrEqual(1e-5);
  }
  return facts;
}

/** Names that cross the cut after the layer of this name. */
function crossing(facts: ModelFacts, layer: string): string[] {
  const cut = facts.cuts.find((one) => facts.layers[one.index]?.name === layer);
  expect(cut?.legal, `a legal cut after ${layer}, of ${facts.layers.map((one) => one.name)}`).toBe(true);
  return (cut?.tensors ?? []).map((tensor) => tensor.name);
}

test("Loop: a captured value crosses every cut between its maker and the loop", () => withTempFolder(async (folder) => {
  const model = new ModelBuilder({ seed: 21 });
  const early = dense(model, "early", model.input("x", "float32", row));
  const middle = dense(model, "middle", dense(model, "first", early));
  loop(model, "turns", middle, early, ["last", "each"]);
  dense(model, "after", "last");
  model.op("MatMul", "/head/MatMul", ["/after/Tanh_output_0", model.weight("head.weight", [WIDTH, 4])], {}, ["y"]);
  model.output("y", "float32", [1, 4]);
  model.output("each", "float32", [5, 1, WIDTH]);
  const facts = await expectEveryCutEqual(folder, model);
  expect(facts.layers.map((layer) => layer.kind)).toContain("Loop");
  expect(crossing(facts, "first")).toContain("/early/Tanh_output_0");
  expect(crossing(facts, "middle")).toContain("/early/Tanh_output_0");
  // What the loop has given out on the way is an output of the model: later segments only pass it on.
  expect(crossing(facts, "turns")).toEqual(expect.arrayContaining(["each", "last"]));
  expect(crossing(facts, "turns")).not.toContain("/early/Tanh_output_0");
}), TIMEOUT_MS);

test("Scan: the sequence, a captured row and a weight read by the body alone", () => withTempFolder(async (folder) => {
  const model = new ModelBuilder({ seed: 22 });
  const sequence = model.input("sequence", "float32", ["time", WIDTH]);
  const gate = dense(model, "gate", model.input("x", "float32", row));
  const steps = dense(model, "second", dense(model, "first", sequence));
  model.weight("scan.inner", [WIDTH, WIDTH]);
  const scanBody = body([["state", FLOAT, row], ["slice", FLOAT, [WIDTH]]], [
    ["MatMul", ["state", "scan.inner"], ["moved"]], ["Add", ["moved", "slice"], ["sum"]], ["Mul", ["sum", gate], ["gated"]], ["Tanh", ["gated"], ["state_next"]], ["Identity", ["state_next"], ["given"]],
  ], [["state_next", FLOAT, row], ["given", FLOAT, row]]);
  const start = model.floats("scan.start", new Array(WIDTH).fill(0.1), row);
  model.op("Scan", "/scan/Scan", [start, steps], { body: { graph: scanBody }, num_scan_inputs: 1 }, ["final", "states"]);
  dense(model, "after", "states");
  model.op("MatMul", "/head/MatMul", ["/after/Tanh_output_0", model.weight("head.weight", [WIDTH, 4])], {}, ["y"]);
  model.output("y", "float32", ["time", 1, 4]);
  model.output("final", "float32", row);
  const facts = await expectEveryCutEqual(folder, model);
  expect(facts.layers.map((layer) => layer.kind)).toContain("Scan");
  expect(crossing(facts, "second")).toContain("/gate/Tanh_output_0");
  expect(facts.layers.find((layer) => layer.kind === "Scan")?.weightBytes).toBeGreaterThanOrEqual(WIDTH * WIDTH * 4);
}), TIMEOUT_MS);

test("If inside of Loop: its branches capture from both levels", () => withTempFolder(async (folder) => {
  const model = new ModelBuilder({ seed: 23 });
  const early = dense(model, "early", model.input("x", "float32", row));
  const late = dense(model, "late", dense(model, "middle", early));
  model.integers("two", [2], []);
  const branch = (opType: string, other: string) => body([], [[opType, ["bent", other], ["chosen"]]], [["chosen", FLOAT, row]]);
  const last = loop(model, "turns", late, early, ["last", "each"], {
    bodyOps: [["MatMul", ["inside", "turns.inner"], ["product"]], ["Tanh", ["product"], ["bent"]], ["Less", ["turn", "two"], ["young"]], ["If", ["young"], ["next"], { then_branch: branch("Add", early), else_branch: branch("Sub", late) }]],
  });
  model.op("MatMul", "/head/MatMul", [dense(model, "after", last), model.weight("head.weight", [WIDTH, 4])], {}, ["y"]);
  model.output("y", "float32", [1, 4]);
  const facts = await expectEveryCutEqual(folder, model);
  expect(crossing(facts, "middle")).toContain("/early/Tanh_output_0");
  expect(crossing(facts, "late").sort()).toEqual(["/early/Tanh_output_0", "/late/Tanh_output_0"]);
}), TIMEOUT_MS);

test("two loops in a row, the second capturing what the first gave: a cut between them carries it", () => withTempFolder(async (folder) => {
  const model = new ModelBuilder({ seed: 24 });
  const early = dense(model, "early", model.input("x", "float32", row));
  const first = loop(model, "one", early, early, ["one_last", "one_each"]);
  const between = dense(model, "between", first);
  const second = loop(model, "two", between, "one_last", ["two_last", "two_each"]);
  model.op("MatMul", "/head/MatMul", [dense(model, "after", second), model.weight("head.weight", [WIDTH, 4])], {}, ["y"]);
  model.output("y", "float32", [1, 4]);
  const facts = await expectEveryCutEqual(folder, model);
  expect(crossing(facts, "between").sort()).toEqual(["/between/Tanh_output_0", "one_last"]);
}), TIMEOUT_MS);
