// A real stateful model (voice activity) served by real stages and a real ingress while its deployment moves twice under an open stream: every answer is the whole model's, unmoved.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { IngressPipeline } from "../../agents/protocol/control.ts";
import { type DataType, tensorBytes, type WireTensor } from "../../agents/protocol/tensor.ts";
import { type IngressChild, observedOf, ready, TestFleet, type TestNode } from "../../agents/stage/testdata/test-nodes.ts";
import { layPipeline, sendRoute, type TestPipeline, type TestSegment } from "../../agents/stage/testdata/test-pipeline.ts";
import { extractSegment } from "../model/extract.ts";
import { buildGraph } from "../model/graph.ts";
import type { LayerRange, ModelFacts } from "../model/model.ts";
import { parseModel } from "../model/onnx-proto.ts";
import { openFileSource } from "../threads/file-source.ts";
import { relativeError } from "./ort-session.ts";
import { bundledModel, demoSpeech, realInputs } from "./testdata/real-inputs.ts";
import { everyCut, factsOf, type Reference, referenceOf } from "./testing-models.ts";

const TOLERANCE = 1e-5;
const OIP: Partial<Record<DataType, string>> = { float32: "FP32", int64: "INT64" };
const model = bundledModel("silero_vad_16k_op15.onnx");

let fleet: TestFleet;
let nodes: TestNode[];
let ingress: IngressChild;
let facts: ModelFacts;
let reference: Reference;

beforeAll(async () => {
  fleet = await TestFleet.start();
  nodes = [await fleet.node("nod_a"), await fleet.node("nod_b"), await fleet.node("nod_c")];
  ingress = await fleet.ingress(nodes[0]!);
  facts = await factsOf(model.path);
  const { steps } = await realInputs(model, facts, demoSpeech(8));
  reference = await referenceOf(model.path, facts, steps);
}, 180_000);
afterAll(() => fleet?.close());

const stateNames = () => new Set(facts.states.flatMap(({ input, output }) => [input, output]));
const fed = () => facts.inputs.map(({ name }) => name).filter((name) => !stateNames().has(name));
function segments(ranges: LayerRange[]): TestSegment[] {
  const source = openFileSource(model.path);
  try {
    const graph = buildGraph(parseModel(source));
    return ranges.map((range) => {
      const { spec, skeleton } = extractSegment({ source, graph, facts, range, hashRange: () => "" });
      const leaves = range.to === facts.layers.length ? facts.outputs.map(({ name }) => name).filter((name) => !stateNames().has(name)) : facts.cuts[range.to - 1]!.tensors.map(({ name }) => name);
      const known = [...(facts.cuts[range.from - 1]?.tensors ?? []).map(({ name, sizes }) => ({ name, shape: sizes })), ...facts.states.map(({ input, shape }) => ({ name: input, shape })), ...reference.steps[0]!];
      const warm = spec.inputs.map(({ name, dataType }) => ({ name, dataType, shape: known.find((one) => one.name === name)?.shape ?? [] }));
      return { bytes: skeleton, inputs: spec.inputs, outputs: spec.outputs, states: spec.states, sends: leaves, warmShapes: warm, files: { "weights.bin": model.path } };
    });
  } finally {
    source.close();
  }
}
let nextEpoch = 1;
const lay = (at: TestNode[], ranges: LayerRange[]) => layPipeline(fleet, nodes[0]!, at, segments(ranges), { epoch: nextEpoch++, sends: fed() });
function route(current: TestPipeline, ...others: [TestPipeline, Partial<IngressPipeline>][]): void {
  const pipelines = [current, ...others.map(([one, more]) => ({ ...one, pipeline: { ...one.pipeline, ...more } }))];
  sendRoute(ingress, pipelines, { currentEpoch: current.epoch, inputs: facts.inputs, outputs: facts.outputs, states: facts.states });
}
async function linked(pipeline: TestPipeline): Promise<void> {
  for (const { child } of pipeline.stages) await child.until("ready", ready);
  await ingress.until("linked", () => observedOf(ingress)[0]?.pipelines.some(({ epoch, linked }) => epoch === pipeline.epoch && linked) ?? false);
}

type Answer = { outputs: { name: string; shape: number[]; data: number[] }[]; parameters: { epoch: number } };
/** One step; the largest relative error of its answer, and the epoch that gave it. */
async function step(id: string, index: number): Promise<{ error: number; epoch: number }> {
  const inputs = reference.steps[index]!.filter(({ name }) => !stateNames().has(name)).map(({ name, dataType, shape, data }) => ({ name, datatype: OIP[dataType], shape, data: numbers({ name, dataType, shape, data }) }));
  const response = await fetch(`${ingress.last("listening")!.url}/v2/models/tiny/infer`, { method: "POST", body: JSON.stringify({ inputs, parameters: { sequence_id: id, sequence_start: index === 0, sequence_end: index === reference.steps.length - 1 } }) });
  const answer = (await response.json()) as Answer;
  expect([index, response.status, answer]).toEqual([index, 200, expect.objectContaining({ outputs: expect.any(Array) })]);
  const errors = answer.outputs.map(({ name, shape, data }) => relativeError({ name, dataType: "float32", shape, data: new Uint8Array(new Float32Array(data).buffer) }, reference.outputs[index]!.find((wanted) => wanted.name === name)!));
  expect(errors.length).toBeGreaterThan(0);
  return { error: Math.max(...errors), epoch: answer.parameters.epoch };
}
function numbers({ dataType, shape, data }: WireTensor): number[] {
  const own = data.slice(0, tensorBytes(dataType, shape)).buffer;
  return dataType === "int64" ? Array.from(new BigInt64Array(own), Number) : Array.from(new Float32Array(own));
}

test.each(["move", "finish"] as const)("a stream of speech goes on through two moves with other cuts, policy %s: each answer is the whole model's", async (policy) => {
  const cuts = everyCut(facts);
  const [first, last] = [cuts[0]!, cuts.at(-1)!];
  const splits = [first, [first[0]!, { from: first[0]!.to, to: last[0]!.to }, last[1]!], last];
  // Another stage has the state after each move.
  const owners = splits.map((ranges) => segments(ranges).findIndex(({ states }) => (states ?? []).length > 0));
  expect(Math.min(...owners)).toBeGreaterThanOrEqual(0);
  expect(owners[1]).not.toBe(owners[0]);
  const epochs: number[] = [];
  const id = `speech-${policy}`;
  let worst = 0;
  let index = 0;
  const steps = async (until: () => boolean) => {
    while (index < reference.steps.length - 1 && !until()) {
      const { error, epoch } = await step(id, index++);
      worst = Math.max(worst, error);
      if (epochs.at(-1) !== epoch) epochs.push(epoch);
    }
  };
  const after = (count: number) => { const from = index; return () => index >= from + count; };
  let current = lay([nodes[1]!, nodes[2]!], splits[0]!);
  route(current);
  await linked(current);
  const begun = current.epoch;
  await steps(after(20));
  for (const ranges of splits.slice(1)) {
    const left = current;
    const next = lay([nodes[2]!, nodes[1]!, nodes[0]!].slice(0, ranges.length), ranges);
    route(left, [next, {}]);
    await linked(next);
    route(next, [left, { mode: "drain", ...(policy === "move" ? { streams: "move" as const } : {}) }]);
    await steps(after(20));
    if (policy === "finish") continue;
    await steps(() => epochs.at(-1) === next.epoch);
    await ingress.until("left", () => observedOf(ingress)[0]?.pipelines.find(({ epoch }) => epoch === left.epoch)?.inFlight === 0);
    route(next);
    for (const { child } of left.stages) child.send({ type: "stop", graceMs: 500 });
    current = next;
  }
  await steps(() => false);
  worst = Math.max(worst, (await step(id, index)).error);
  expect(worst).toBeLessThanOrEqual(TOLERANCE);
  expect(epochs).toEqual(policy === "move" ? [begun, begun + 1, begun + 2] : [begun]);
}, 180_000);
