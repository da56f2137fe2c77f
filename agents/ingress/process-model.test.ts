// What a client sees of a model with a processor that knows nothing but the protocol: as rows, over REST and gRPC, each compared with `/process`.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status, type ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { IngressRoute, ProcessorSpec } from "../protocol/control.ts";
import type { TensorSpec } from "../protocol/tensor.ts";
import { type IngressChild, observedOf, ready, TestFleet } from "../stage/testdata/test-nodes.ts";
import { layPipeline, LIMITS, type TestSegment } from "../stage/testdata/test-pipeline.ts";
import { tinyOnnx, tinyWeight } from "../stage/testdata/tiny-onnx.ts";
import { parseExposition } from "../testdata/parse-exposition.ts";
import { joinElements, splitElements } from "./bytes-tensor.ts";
import { scoreText } from "./classification.ts";
import { ownerOf } from "./process-model.ts";
import { callGrpc, grpcStub, type InferAnswer, type Stub } from "./testdata/grpc-stub.ts";
import { isRight, sendMalformed } from "./testdata/send-malformed.ts";
import { grpcShm, restShm } from "./testdata/shm-clients.ts";
import { ShmObjects } from "./testdata/shm-objects.ts";

const VOCABULARY = [...Array.from({ length: 6 }, () => ["<r>", 0]), ["\u2581", -4], ["\u2581good", -2], ["\u2581bad", -2], ["\u2581day", -2]];
const table = tinyWeight("table", [VOCABULARY.length, 2], 7);
/** Two of its dimensions are open, so that no bare body passes for tokens, of which most are not in the table. */
const ids: TensorSpec = { name: "input_ids", dataType: "int32", shape: ["n", "tokens"] };
const rows: TensorSpec = { name: "rows", dataType: "float32", shape: ["n", "tokens", 2] };
/** Token → its row. */
const SEGMENT: TestSegment = {
  bytes: tinyOnnx([{ type: "Gather", inputs: ["table", "input_ids"], outputs: ["rows"] }], [table], [{ name: "input_ids", shape: ["n", "tokens"], dataType: "int32" }], [{ name: "rows", shape: ["n", "tokens", 2] }]),
  inputs: [ids], outputs: [rows], sends: ["rows"], warmShapes: [{ name: "input_ids", dataType: "int32", shape: [1, 1] }],
};
const MAX_BYTES = 4096;
const TEXT = "good day";

let fleet: TestFleet;
let ingress: IngressChild;
let folder: string;
let url: string;
let stub: Stub;
beforeAll(async () => {
  fleet = await TestFleet.start();
  folder = mkdtempSync(join(tmpdir(), "cutplane-process-"));
  writeFileSync(join(folder, "vocabulary.json"), JSON.stringify(VOCABULARY));
  const node = await fleet.node("nod_a");
  ingress = await fleet.ingress(node);
  const lay = (modelName: string, processor: ProcessorSpec, more: Partial<IngressRoute> = {}) => {
    const { pipeline, stages } = layPipeline(fleet, node, [node], [SEGMENT], { epoch: 1, sends: ["input_ids"] });
    pipeline.revisionNumber = 3;
    const route: IngressRoute = {
      deploymentId: `dep_${modelName}`, modelName, currentEpoch: 1, pipelines: [pipeline], inputs: [ids], outputs: [rows], states: [], keyHashes: [], verify: null, limits: LIMITS,
      processor: { vocabularyFile: "vocabulary.json", ...processor }, processorFiles: [{ name: "vocabulary.json", digest: "", bytes: 1 }], ...more,
    };
    return { stages, route: { route, processorPaths: { "vocabulary.json": join(folder, "vocabulary.json") }, parityPath: null } };
  };
  const laid = [lay("tiny", { kind: "text-embed", normalise: false }, { limits: { ...LIMITS, maxRequestBytes: MAX_BYTES } }), lay("judge", { kind: "text-classify", labels: ["ham", "spam"], softmax: true })];
  ingress.send({ type: "routes", moved: [], routes: laid.map(({ route }) => route) });
  for (const { stages } of laid) for (const { child } of stages) await child.until("ready", ready);
  await ingress.until("linked and usable", (child) => observedOf(child).length === 2 && observedOf(child).every(({ pipelines, error }) => pipelines[0]?.linked === true && error === null));
  url = ingress.last("listening")!.url;
  stub = grpcStub(new URL(url).host);
  for (const name of ["tiny", "judge"]) while ((await fetch(`${url}/v2/models/${name}.process/ready`)).status !== 200) await new Promise((resolve) => setTimeout(resolve, 20));
}, 180_000);
afterAll(async () => {
  stub?.close();
  await fleet?.close();
  if (folder) rmSync(folder, { recursive: true });
});

const post = (path: string, body: object | Buffer, headers: Record<string, string> = {}) => fetch(`${url}/v2/models/${path}`, { method: "POST", headers, body: Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body) });
const get = async (path: string) => (await fetch(`${url}/v2/${path}`)).json();
const processed = async (text = TEXT) => (await post("tiny/process", Buffer.from(text), { "content-type": "text/plain" })).text();
const input = { name: "INPUT", datatype: "BYTES", shape: [1] };
const element = (text: string | Buffer) => Buffer.from(joinElements([Buffer.from(text)]));
const infer = (data: unknown, more: object = {}) => ({ inputs: [{ ...input, data }], ...more });
const floatsOf = (bytes: Uint8Array) => [...new Float32Array(new Uint8Array(bytes).buffer)];
const grpc = (request: object) => callGrpc<InferAnswer>(stub, "ModelInfer", { model_name: "tiny.process", ...request });

test("metadata, configuration, statistics, readiness and the index tell it as any model, over REST and gRPC alike", async () => {
  const outputs = [{ name: "ANSWER", datatype: "BYTES", shape: [1] }, { name: "EMBEDDING", datatype: "FP32", shape: [-1] }];
  expect(await get("models/tiny.process")).toEqual({ name: "tiny.process", versions: ["3"], platform: "onnx_cutplane", inputs: [input], outputs, parameters: { stateful: false, processor: "text-embed", accepts: "text/plain, application/json", tensors: "tiny" } });
  expect(await get("models/tiny")).toMatchObject({ name: "tiny", inputs: [{ name: "input_ids" }], parameters: { process: "tiny.process" } });
  expect(await callGrpc(stub, "ModelMetadata", { name: "tiny.process", version: "3" })).toMatchObject({ name: "tiny.process", inputs: [input], outputs });
  const config = { name: "tiny.process", max_batch_size: 0, input: [{ name: "INPUT", data_type: "TYPE_STRING", dims: [1] }], output: [{ name: "ANSWER", data_type: "TYPE_STRING", dims: [1] }, { name: "EMBEDDING", data_type: "TYPE_FP32", dims: [-1] }] };
  expect(await get("models/tiny.process/config")).toMatchObject(config);
  expect(await callGrpc(stub, "ModelConfig", { name: "tiny.process" })).toMatchObject({ config });
  expect(await get("models/judge.process")).toMatchObject({ outputs: [{ name: "ANSWER" }, { name: "LABEL", datatype: "BYTES", shape: [-1] }, { name: "SCORE", datatype: "FP32", shape: [-1] }] });
  expect(await get("models/tiny.process/stats")).toMatchObject({ model_stats: [{ name: "tiny.process", version: "3" }] });
  expect(await callGrpc(stub, "ModelStatistics", { name: "tiny.process" })).toMatchObject({ model_stats: [{ name: "tiny.process", version: "3" }] });
  expect(await callGrpc(stub, "ModelReady", { name: "tiny.process" })).toEqual({ ready: true });
  const index = await (await fetch(`${url}/v2/repository/index`, { method: "POST" })).json() as { name: string; state: string }[];
  expect(index.map(({ name, state }) => [name, state])).toEqual([["tiny", "READY"], ["tiny.process", "READY"], ["judge", "READY"], ["judge.process", "READY"]]);
});

test("a text as JSON, as binary data, as the bare body, typed and raw over gRPC: each is answered as /process answers it", async () => {
  const answer = await processed();
  const { embedding } = JSON.parse(answer) as { embedding: number[] };
  expect(embedding).toEqual([0, 1].map((column) => expect.closeTo((table.values[7 * 2 + column]! + table.values[9 * 2 + column]!) / 2, 6)));
  const json = await (await post("tiny.process/infer", infer([TEXT], { id: "my id" }))).json();
  expect(json).toMatchObject({ model_name: "tiny.process", model_version: "3", id: "my id", outputs: [{ name: "ANSWER", datatype: "BYTES", shape: [1], data: [answer] }, { name: "EMBEDDING", datatype: "FP32", shape: [2], data: embedding.map((value) => expect.closeTo(value, 6)) }] });

  const told = Buffer.from(JSON.stringify({ inputs: [{ ...input, parameters: { binary_data_size: element(TEXT).length } }], outputs: [{ name: "EMBEDDING", parameters: { binary_data: true } }, { name: "ANSWER", parameters: { binary_data: true } }] }));
  const binary = async (response: Response) => {
    const body = Buffer.from(await response.arrayBuffer());
    const head = Number(response.headers.get("inference-header-content-length"));
    return { outputs: (JSON.parse(body.toString("utf8", 0, head)) as { outputs: { name: string }[] }).outputs, bytes: body.subarray(head) };
  };
  const asBinary = await binary(await post("tiny.process/versions/3/infer", Buffer.concat([told, element(TEXT)]), { "inference-header-content-length": String(told.length) }));
  expect(asBinary.outputs).toEqual([{ name: "EMBEDDING", datatype: "FP32", shape: [2], parameters: { binary_data_size: 8 } }, { name: "ANSWER", datatype: "BYTES", shape: [1], parameters: { binary_data_size: 4 + answer.length } }]);
  expect(asBinary.bytes.subarray(8)).toEqual(element(answer));
  const bare = await binary(await post("tiny.process/infer", Buffer.from(TEXT), { "inference-header-content-length": "0" }));
  expect(bare.bytes.subarray(0, 4 + answer.length)).toEqual(element(answer));

  for (const request of [{ inputs: [{ ...input, contents: { bytes_contents: [Buffer.from(TEXT)] } }] }, { inputs: [input], raw_input_contents: [element(TEXT)] }]) {
    const got = await grpc({ ...request, id: "7" });
    expect(got).toMatchObject({ model_name: "tiny.process", model_version: "3", id: "7", outputs: [{ name: "ANSWER", datatype: "BYTES", shape: [1] }, { name: "EMBEDDING", datatype: "FP32", shape: [2] }] });
    expect(Buffer.from(splitElements("ANSWER", got.raw_output_contents[0]!, 1)[0]!).toString()).toBe(answer);
    expect(floatsOf(got.raw_output_contents[1]!)).toEqual(embedding.map((value) => expect.closeTo(value, 6)));
  }
});

test.runIf(process.platform === "linux")("a text in shared memory, and its answer there: each element after its length", async () => {
  const objects = new ShmObjects();
  const bytes = element(TEXT);
  const [source, target] = [objects.create(bytes), objects.create(4096)];
  const place = (region: string, byteSize: number, offset = 0) => ({ region, byteSize, offset });
  const [answer, plain] = [await processed(), (await (await post("tiny.process/infer", infer([TEXT]))).json()) as { outputs: [object, { data: number[] }] }];
  try {
    for (const client of [restShm(url), grpcShm(stub)]) {
      await client.register("text", source.key, bytes.length);
      await client.register("answer", target.key, 4096);
      const text = [{ ...input, place: place("text", bytes.length) }];
      const got = await client.infer("tiny.process", text, [{ name: "ANSWER", place: place("answer", 2048) }, { name: "EMBEDDING", place: place("answer", 2048, 2048) }]);
      expect(got).toMatchObject([{ name: "ANSWER", datatype: "BYTES", shape: [1], raw: null }, { name: "EMBEDDING", datatype: "FP32", shape: [2], raw: null, parameters: { shared_memory_offset: 2048 } }]);
      expect(target.read(0, 4 + answer.length)).toEqual(element(answer));
      expect(floatsOf(target.read(2048, 8))).toEqual(plain.outputs[1].data.map((value) => expect.closeTo(value, 6)));
      for (const [size, words] of [[bytes.length - 1, /^incomplete string data for inference input 'INPUT', expecting string of length 8 but only 7 bytes available/], [3, /^incomplete string length indicator/]] as const) {
        await expect(client.infer("tiny.process", [{ ...input, place: place("text", size) }])).rejects.toThrow(words);
      }
      await client.unregister();
    }
  } finally {
    objects.close();
  }
  expect(objects.left()).toEqual([]);
});

test("what the processor took is told over REST as a place of its own, and over gRPC, which has room for none, in the protocol's parts; requests of both count alike", async () => {
  type Duration = { count: number; ns: number };
  type Told = { inference_stats: Record<string, Duration>; processor_stats: Record<string, Duration> };
  const rest = async () => ((await get("models/tiny.process/stats")) as { model_stats: [Told] }).model_stats[0];
  await processed();
  const before = await rest();
  await grpc({ inputs: [input], raw_input_contents: [element(TEXT)] });
  await post("tiny.process/infer", infer([TEXT]));
  const after = await rest();
  const { model_stats: [over] } = await callGrpc<{ model_stats: [Told] }>(stub, "ModelStatistics", { name: "tiny.process" });
  expect(Object.keys(after.processor_stats).sort()).toEqual(["postprocess", "preprocess", "queue"]);
  for (const [place, { count, ns }] of Object.entries(after.processor_stats)) {
    expect([place, count - before.processor_stats[place]!.count]).toEqual([place, 2]);
    expect(ns).toBeGreaterThan(before.processor_stats[place]!.ns);
  }
  expect(over).not.toHaveProperty("processor_stats");
  for (const part of ["success", "queue", "compute_input", "compute_infer", "compute_output"]) expect([part, over.inference_stats[part]]).toEqual([part, after.inference_stats[part]]);
  const { success, queue, compute_input, compute_infer, compute_output } = over.inference_stats;
  expect(Math.abs(queue!.ns + compute_input!.ns + compute_infer!.ns + compute_output!.ns - success!.ns)).toBeLessThan(10);
});

test("by whichever protocol it came, a request has one latency: all that its client waited for here, the processor in it; also one that came again; what is refused has none", async () => {
  type Told = { processor_stats: Record<string, { ns: number }> };
  const told = async () => {
    const { samples } = parseExposition(await (await fetch(`${url}/metrics`)).text()).get("cutplane_ingress_latency_seconds")!;
    const of = (suffix: string) => samples.find(({ name, labels }) => name.endsWith(suffix) && labels.deployment === "dep_tiny")!.value;
    const { model_stats: [{ processor_stats }] } = (await get("models/tiny/stats")) as { model_stats: [Told] };
    return { count: of("_count"), ms: of("_sum") * 1000, processorMs: Object.values(processor_stats).reduce((sum, { ns }) => sum + ns / 1e6, 0) };
  };
  const asked = { inputs: [input], raw_input_contents: [element(TEXT)] };
  const streamed = () => new Promise((resolve, reject) => {
    const call = stub.ModelStreamInfer();
    call.once("data", (got) => { call.end(); resolve(got); });
    call.once("error", reject);
    call.write({ model_name: "tiny.process", ...asked });
  });
  const named = () => post("tiny.process/infer", infer([TEXT]), { "idempotency-key": "once" });
  const ways: [string, () => Promise<unknown>][] = [["/process", () => processed()], ["REST", () => post("tiny.process/infer", infer([TEXT]))], ["gRPC", () => grpc(asked)], ["a stream", streamed], ["named", named], ["named, again", named]];
  await processed();
  for (const [way, ask] of ways) {
    const before = await told();
    const startedAt = performance.now();
    await ask();
    const after = await told();
    // Until it was told: the answer may be here before whoever sent it has looked at the clock.
    const untilToldMs = performance.now() - startedAt;
    expect([way, after.count - before.count]).toEqual([way, 1]);
    expect(after.ms - before.ms).toBeGreaterThan(after.processorMs - before.processorMs);
    expect(after.ms - before.ms).toBeLessThanOrEqual(untilToldMs);
  }
  const { count } = await told();
  expect((await post("tiny.process/infer", infer([""]))).status).toBe(400);
  expect((await told()).count).toBe(count);
});

test("labels come best first, each with its score", async () => {
  const { outputs } = (await (await post("judge.process/infer", infer(["bad"], { outputs: [{ name: "LABEL" }, { name: "SCORE" }] }))).json()) as { outputs: [{ data: string[]; shape: number[] }, { data: number[] }] };
  const { top } = (await (await post("judge/process", Buffer.from("bad"))).json()) as { top: { label: string; score: number }[] };
  expect(outputs[0]).toMatchObject({ shape: [2], data: top.map(({ label }) => label) });
  const { outputs: [classes] } = (await (await post("judge.process/infer", infer(["bad"], { outputs: [{ name: "SCORE", parameters: { classification: 1 } }] }))).json()) as { outputs: [object] };
  expect(classes).toMatchObject({ datatype: "BYTES", shape: [1], data: [`${scoreText(outputs[1].data[0]!)}:0`] });
  expect(outputs[1].data).toEqual(top.map(({ score }) => expect.closeTo(score, 6)));
});

const INFER = "tiny.process/infer";
test.each<[what: string, path: string, body: object, code: number, words: RegExp]>([
  ["a type the model does not take", INFER, { inputs: [{ ...input, datatype: "FP32", data: [1] }] }, 400, /is "FP32", the model takes BYTES/],
  ["two elements", INFER, { inputs: [{ ...input, shape: [2], data: ["a", "b"] }] }, 400, /has shape \[2\], the model takes \[1\]/],
  ["another name", INFER, { inputs: [{ ...input, name: "x", data: ["a"] }] }, 400, /no input "x"; it has "INPUT"/],
  ["an output it does not have", INFER, infer(["a"], { outputs: [{ name: "rows" }] }), 400, /no output "rows"; it has "ANSWER", "EMBEDDING"/],
  ["classes of a text", INFER, infer(["a"], { outputs: [{ name: "ANSWER", parameters: { classification: 1 } }] }), 400, /^output "ANSWER" is BYTES: classification is of integers, FP32 and FP64$/],
  ["a sequence", INFER, infer(["a"], { parameters: { sequence_id: 7 } }), 400, /makes its own sequences/],
  ["what its processor refuses", INFER, infer([""]), 400, /the text is empty/],
  ["more than the deployment takes", INFER, infer(["x".repeat(MAX_BYTES)]), 413, /at most 4096 bytes/],
  ["an unknown version", "tiny.process/versions/9/infer", infer(["a"]), 404, /^Request for unknown model: 'tiny.process' version 9 is not found/],
  ["an unknown model", "wrong.process/infer", infer(["a"]), 404, /^Request for unknown model: 'wrong.process' is not found/],
  ["BYTES by the name that takes tensors", "tiny/infer", infer(["a"]), 400, /datatype "BYTES" is not one of BOOL.*go to NAME.process/],
])("refused over REST in words: %s", async (_what, path, body, code, words) => {
  const response = await post(path, body);
  expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([code, expect.stringMatching(words)]);
});

const { INVALID_ARGUMENT, NOT_FOUND, RESOURCE_EXHAUSTED } = status;
test.each<[what: string, request: object, code: status, words: RegExp]>([
  ["a length beyond the end", { inputs: [input], raw_input_contents: [Buffer.from([9, 0, 0, 0, 1])] }, INVALID_ARGUMENT, /^incomplete string data for inference input 'INPUT', expecting string of length 9 but only 1 bytes available/],
  ["a length cut off", { inputs: [input], raw_input_contents: [Buffer.from([9])] }, INVALID_ARGUMENT, /^incomplete string length indicator for inference input 'INPUT'/],
  ["values in another field", { inputs: [{ ...input, contents: { int_contents: [1] } }] }, INVALID_ARGUMENT, /BYTES goes into bytes_contents, not int_contents/],
  ["too many values", { inputs: [{ ...input, contents: { bytes_contents: [Buffer.from("a"), Buffer.from("b")] } }] }, INVALID_ARGUMENT, /bytes_contents has 2 values, shape \[1\] needs 1/],
  ["twice", { inputs: [input, input], raw_input_contents: [element("a"), element("a")] }, INVALID_ARGUMENT, /"INPUT" appears twice/],
  ["more than the deployment takes", { inputs: [input], raw_input_contents: [element("x".repeat(MAX_BYTES + 1))] }, RESOURCE_EXHAUSTED, /at most 4096 bytes/],
  ["an unknown version", { model_version: "9", inputs: [input], raw_input_contents: [element("a")] }, NOT_FOUND, /^Request for unknown model: 'tiny.process' version 9/],
])("refused over gRPC with the protocol's code and words: %s", async (_what, request, code, words) => {
  expect(await grpc(request).then(() => null, ({ code: got, details }: ServiceError) => [got, details])).toEqual([code, expect.stringMatching(words)]);
});

test("malformed elements are refused as the sender's mistake, each one, and nothing of them stays", async () => {
  const tally = await sendMalformed(url, 400, 11);
  expect(Object.keys(tally).filter((outcome) => !isRight(outcome)), JSON.stringify(tally)).toEqual([]);
  await ingress.until("nothing in flight", (child) => observedOf(child).every(({ pipelines }) => pipelines[0]!.inFlight === 0));
  expect(ingress.exited).toBe(false);
  expect(await (await post(INFER, infer([TEXT]))).json()).toMatchObject({ outputs: [{ data: [await processed()] }, { name: "EMBEDDING" }] });
}, 180_000);

test("a deployment that has the whole name for its own goes before; of what moved or was unloaded the owner is found, too", () => {
  const named = (...names: string[]) => names.map((modelName) => ({ route: { modelName }, modelName })) as never[];
  const owner = (name: string, routes: string[], moved: string[] = [], unloaded: string[] = []) => ownerOf({ routes: named(...routes), moved: named(...moved), unloaded: named(...unloaded) }, name);
  expect(owner("a.process", ["a"])).toEqual({ owner: "a", isProcess: true });
  expect(owner("a.process", ["a", "a.process"])).toEqual({ owner: "a.process", isProcess: false });
  expect(owner("a.process", [], ["a"])).toEqual({ owner: "a", isProcess: true });
  expect(owner("a.process", [], [], ["a"])).toEqual({ owner: "a", isProcess: true });
  expect(owner("a.process", ["b"])).toEqual({ owner: "a.process", isProcess: false });
});
