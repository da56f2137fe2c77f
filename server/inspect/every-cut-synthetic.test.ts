// Every legal cut of small synthetic models in the shapes of BERT, Llama (with past and present keys and values) and ResNet.
// Their weights are random, so no real input means anything to them: inputs are made up and seeded.
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { WireTensor } from "../../agents/protocol/tensor.ts";
import type { ModelFacts } from "../model/model.ts";
import { parseModel } from "../model/onnx-proto.ts";
import { sampleInputs } from "../model/sample-inputs.ts";
import { seededRandom } from "../model/seeded-random.ts";
import { buildBert } from "../model/synthetic/bert.ts";
import { buildLlama } from "../model/synthetic/llama.ts";
import { ModelBuilder } from "../model/synthetic/model-builder.ts";
import { buildResnet } from "../model/synthetic/resnet.ts";
import { openFileSource } from "../threads/file-source.ts";
import { errorOfSplit, everyCut, factsOf, randomSplit, referenceOf, withTempFolder } from "./testing-models.ts";

const TIMEOUT_MS = 120_000;

function writeTo(path: string, model: ModelBuilder): string {
  const file = openSync(path, "w");
  model.write((chunk) => writeSync(file, chunk));
  closeSync(file);
  return path;
}

async function expectEveryCutEqual(path: string, facts: ModelFacts, steps: WireTensor[][]): Promise<void> {
  const reference = await referenceOf(path, facts, steps);
  const random = seededRandom(2);
  for (const ranges of [...everyCut(facts), ...[3, 4, 5].map((parts) => randomSplit(facts, parts, random))]) {
    expect(await errorOfSplit(path, facts, ranges, reference), JSON.stringify(ranges)).toBeLessThanOrEqual(1e-5);
  }
}

const integers = (name: string, shape: number[], values: number[]): WireTensor => ({ name, dataType: "int64", shape, data: new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer) });

test("BERT shape, seeded inputs: every legal cut is equal; only the hidden state and the mask cross between layers", () => withTempFolder(async (folder) => {
  const path = writeTo(join(folder, "bert.onnx"), buildBert({ layers: 3, hidden: 64, heads: 4, feedForward: 128, vocabulary: 300, maxPositions: 160, seed: 1 }));
  const facts = await factsOf(path);
  expect(facts.producer).toContain("synthetic");
  expect(facts.layers.map((layer) => layer.name)).toContain("encoder/layer.1/intermediate");
  const middle = facts.cuts.find((cut) => facts.layers[cut.index]?.name === "encoder/layer.1/output");
  expect(middle?.tensors.length).toBe(2);
  expect(middle?.bytes).toBe(128 * 64 * 4 + 128 * 8);
  await expectEveryCutEqual(path, facts, [sampleInputs({ inputs: facts.inputs, dimensionValues: facts.dimensionValues, vocabulary: () => 300, zeros: new Set(), seed: 4 })]);
}), TIMEOUT_MS);

test("Llama shape, seeded inputs: keys and values stay with their layer, and every legal cut is equal over a prompt and eight more tokens", () => withTempFolder(async (folder) => {
  const path = writeTo(join(folder, "llama.onnx"), buildLlama({ layers: 3, hidden: 64, heads: 4, feedForward: 96, vocabulary: 200, seed: 2 }));
  const facts = await factsOf(path);
  expect(facts.states.map((state) => `${state.input} ${state.output} ${state.shape}`)).toContain("past_key_values.2.value present.2.value 1,4,0,16");
  expect(facts.cuts.flatMap((cut) => cut.tensors).filter((tensor) => tensor.name.startsWith("past_"))).toEqual([]);
  // Rotary tables and the causal mask are made again from the position ids and the mask, which are smaller.
  const between = facts.cuts.find((cut) => facts.layers[cut.index]?.name === "model/layers.1/mlp/down_proj");
  expect(between?.tensors.map((tensor) => tensor.name)).toEqual(["attention_mask", "position_ids", "/model/layers.1/Add_1_output_0"]);
  const random = seededRandom(9);
  const lengths = [12, 1, 1, 1, 1, 1, 1, 1, 1];
  let past = 0;
  const steps = lengths.map((length) => {
    const token = () => Math.floor(random() * 200);
    const step = [integers("input_ids", [1, length], Array.from({ length }, token)), integers("attention_mask", [1, past + length], new Array(past + length).fill(1)), integers("position_ids", [1, length], Array.from({ length }, (_, index) => past + index))];
    past += length;
    return step;
  });
  await expectEveryCutEqual(path, facts, steps);
}), TIMEOUT_MS);

test("ResNet shape, seeded inputs: every legal cut is equal", () => withTempFolder(async (folder) => {
  const path = writeTo(join(folder, "resnet.onnx"), buildResnet({ blocks: [1, 2, 1, 1], width: 8, classes: 10, seed: 3 }));
  const facts = await factsOf(path);
  expect(facts.cuts.length).toBeGreaterThan(10);
  await expectEveryCutEqual(path, facts, [sampleInputs({ inputs: facts.inputs, dimensionValues: { ...facts.dimensionValues, height: 64, width: 64 }, vocabulary: () => null, zeros: new Set(), seed: 4 })]);
}), TIMEOUT_MS);

test("weights at any offset of the file: every legal cut is equal", () => withTempFolder(async (folder) => {
  const residues = new Set<number>();
  for (const name of ["x", "xx", "xxx", "xxxx"]) {
    const model = new ModelBuilder({ seed: 5 });
    let value = model.input(name, "float32", [33, 64]);
    for (const index of [0, 1, 2]) {
      const sum = model.op("Add", `/${index}/Add`, [model.op("MatMul", `/${index}/MatMul`, [value, model.weight(`w${index}`, [64, 64])]), model.weight(`b${index}`, [33, 64])]);
      value = model.op("LayerNormalization", `/${index}/Norm`, [sum, model.weight(`scale${index}`, [64])], { axis: -1 }, index === 2 ? ["y"] : undefined);
    }
    model.output("y", "float32", [33, 64]);
    const path = writeTo(join(folder, `${name}.onnx`), model);
    const source = openFileSource(path);
    for (const tensor of parseModel(source).graph.initializers) residues.add((tensor.data?.start ?? 0) % 4);
    source.close();
    const facts = await factsOf(path);
    await expectEveryCutEqual(path, facts, [sampleInputs({ inputs: facts.inputs, dimensionValues: {}, vocabulary: () => null, zeros: new Set(), seed: 4 })]);
  }
  expect([...residues].sort()).toEqual([0, 1, 2, 3]);
}), TIMEOUT_MS);
