// A model with a mask behind a real ingress and stage: requests of different lengths that ran together are answered as each alone.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Batching, IngressRoute } from "../../../agents/protocol/control.ts";
import type { TensorSpec } from "../../../agents/protocol/tensor.ts";
import { type IngressChild, observedOf, ready, TestFleet } from "../../../agents/stage/testdata/test-nodes.ts";
import { layPipeline, sendRoute, type TestPipeline } from "../../../agents/stage/testdata/test-pipeline.ts";
import { parseExposition } from "../../../agents/testdata/parse-exposition.ts";
import { buildBert } from "./bert.ts";

const HIDDEN = 16;
const VOCABULARY = 50;
const INPUTS = ["input_ids", "attention_mask"].map((name): TensorSpec => ({ name, dataType: "int64", shape: ["batch", "sequence"] }));
const OUTPUTS: TensorSpec[] = [{ name: "last_hidden_state", dataType: "float32", shape: ["batch", "sequence", HIDDEN] }];
const ROUTE = { currentEpoch: 1, inputs: INPUTS, outputs: OUTPUTS } satisfies Partial<IngressRoute>;
const batchingOf = (maskValue: number): Batching => ({ maxSize: 8, maxDelayMs: 2, preferredSizes: [], maxQueues: 4, padding: { dimensions: [{ name: "sequence", lengths: [8, 16] }], values: [{ input: "input_ids", value: 0 }, { input: "attention_mask", value: maskValue }] } });

let fleet: TestFleet;
let ingress: IngressChild;
let pipeline: TestPipeline;
let url = "";
beforeAll(async () => {
  const chunks: Uint8Array[] = [];
  buildBert({ layers: 2, hidden: HIDDEN, heads: 2, feedForward: 32, vocabulary: VOCABULARY, maxPositions: 32, seed: 7 }).write((chunk) => chunks.push(chunk.slice()));
  fleet = await TestFleet.start();
  const node = await fleet.node("nod_a");
  ingress = await fleet.ingress(node);
  const warmShapes = INPUTS.map(({ name }) => ({ name, dataType: "int64" as const, shape: [1, 4] }));
  pipeline = layPipeline(fleet, node, [node], [{ bytes: Buffer.concat(chunks), inputs: INPUTS, outputs: OUTPUTS, sends: ["last_hidden_state"], warmShapes }], { epoch: 1, sends: INPUTS.map(({ name }) => name) });
  sendRoute(ingress, [pipeline], ROUTE);
  for (const { child } of pipeline.stages) await child.until("ready", ready);
  await ingress.until("linked", (child) => observedOf(child)[0]?.pipelines[0]?.linked === true);
  url = ingress.last("listening")!.url;
}, 60_000);
afterAll(() => fleet?.close());

type Config = { max_batch_size: number; parameters: Record<string, { string_value: string }> };
const config = async () => (await (await fetch(`${url}/v2/models/tiny/config`)).json()) as Config;
/** Of `rows` texts, `length` tokens long. */
const requestOf = (index: number) => {
  const [length, rows] = [2 + ((index * 5) % 17), 1 + (index % 2)];
  const tensor = (name: string, valueAt: (at: number) => number) => ({ name, datatype: "INT64", shape: [rows, length], data: Array.from({ length: rows * length }, (_, at) => valueAt(at)) });
  return { inputs: [tensor("input_ids", (at) => (index * 7 + at * 3) % VOCABULARY), tensor("attention_mask", () => 1)] };
};
const ask = async (body: object) => {
  const answer = await fetch(`${url}/v2/models/tiny/infer`, { method: "POST", body: JSON.stringify(body) });
  const text = await answer.text();
  expect([answer.status, answer.status === 200 ? "" : text]).toEqual([200, ""]);
  return (JSON.parse(text) as { outputs: [{ shape: number[]; data: number[] }] }).outputs[0];
};
const use = async (batching: Batching | null) => {
  sendRoute(ingress, [pipeline], { ...ROUTE, batching });
  await expect.poll(async () => (await config()).max_batch_size).toBe(batching ? 8 : 0);
};
const REQUESTS = Array.from({ length: 40 }, (_, index) => requestOf(index));
let alone: Awaited<ReturnType<typeof ask>>[];
const expectAsAlone = (answers: typeof alone) => {
  for (const [index, { shape, data }] of answers.entries()) {
    expect([index, shape]).toEqual([index, alone[index]!.shape]);
    for (const [at, value] of data.entries()) expect(Math.abs(value - alone[index]!.data[at]!)).toBeLessThan(1e-4);
  }
};
const elements = async () => Object.fromEntries(parseExposition(await (await fetch(`${url}/metrics`)).text()).get("cutplane_ingress_batch_elements_total")!.samples.map(({ labels, value }) => [labels.kind, value])) as { asked: number; padding: number };
const counts = async () => { const { model_stats: [one] } = (await (await fetch(`${url}/v2/models/tiny/stats`)).json()) as { model_stats: [{ inference_count: number; execution_count: number }] }; return [one.inference_count, one.execution_count] as const; };

test("texts of different lengths run together, padded to the next length, and each is answered as alone, at its own length", async () => {
  alone = [];
  for (const request of REQUESTS) alone.push(await ask(request));
  await use(batchingOf(0));
  const before = await counts();
  for (let round = 0; round < 3; round++) expectAsAlone(await Promise.all(REQUESTS.map(ask)));
  const after = await counts();
  expect(after[1] - before[1]).toBeLessThan((after[0] - before[0]) / 2);
  const { asked, padding } = await elements();
  expect(padding).toBeGreaterThan(0);
  expect(padding / (asked + padding)).toBeLessThan(0.6);
  expect((await config()).parameters).toEqual({});
  // Of the two lengths; what is longer is not padded.
  expect(observedOf(ingress)[0]!.batching).toEqual({ problem: null, padding: { problem: null, equalBuckets: 2 } });
});

test("where the padding is not masked the model sees it: that is found out, told, and nobody is answered by it", async () => {
  await use(batchingOf(1));
  const before = (await elements()).padding;
  for (let round = 0; round < 2; round++) expectAsAlone(await Promise.all(REQUESTS.map(ask)));
  expect((await config()).parameters.padding_off_because!.string_value).toMatch(/^answers of a padded batch differ from answers alone by/);
  expect(observedOf(ingress)[0]!.batching).toEqual({ problem: null, padding: { problem: expect.stringMatching(/^answers of a padded batch differ/), equalBuckets: 0 } });
  const tried = await elements();
  expect(tried.padding).toBeGreaterThan(before);
  expectAsAlone(await Promise.all(REQUESTS.map(ask)));
  expect((await elements()).padding).toBe(tried.padding);
});
