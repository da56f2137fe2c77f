// Every call that tritonclient.grpc and perf_analyzer over gRPC make, and what they demand of the answers; from the protocol's documents.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { type Client, type ClientDuplexStream, credentials, loadPackageDefinition, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import protobuf from "protobufjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testTrust } from "../../stage/testdata/test-trust.ts";
import { floats, ROUTE, type ServedModel, serveModel, WIDTH } from "../testdata/served-model.ts";
import { sendRoute } from "../../stage/testdata/test-pipeline.ts";
import { observedOf } from "../../stage/testdata/test-nodes.ts";
import descriptor from "./inference-service.json" with { type: "json" };

type Call = (request: object, metadata: Metadata, options: object, callback: (error: ServiceError | null, answer: never) => void) => void;
type Stub = Client & Record<string, Call> & { ModelStreamInfer(): ClientDuplexStream<object, StreamAnswer> };
type StreamAnswer = { error_message: string; infer_response: { id: string; raw_output_contents: Buffer[] } | null };
const Service = (loadPackageDefinition(fromJSON(descriptor as protobuf.INamespace, { keepCase: true, longs: Number, defaults: true, enums: String })) as never as { inference: { GRPCInferenceService: new (target: string, secure: ReturnType<typeof credentials.createInsecure>, options?: object) => Stub } }).inference.GRPCInferenceService;

let served: ServedModel;
let stub: Stub;
beforeAll(async () => {
  served = await serveModel();
  stub = new Service(served.host, credentials.createInsecure());
}, 180_000);
afterAll(async () => { stub?.close(); await served?.fleet.close(); });

const ask = (name: string, request: object, { metadata = new Metadata(), options = {}, by = stub }: { metadata?: Metadata; options?: object; by?: Stub } = {}) =>
  new Promise<Record<string, never>>((resolve, reject) => { by[name]!.call(by, request, metadata, options, (error, answer) => (error ? reject(error) : resolve(answer))); });
const codeOf = (asked: Promise<unknown>) => asked.then(() => null, ({ code, details }: ServiceError) => [code, details]);
const input = { name: "v0", datatype: "FP32", shape: [1, WIDTH], contents: { fp32_contents: [1, 2, 3, 4] } };
const bare = { name: "v0", datatype: "FP32", shape: [1, WIDTH] };
const infer = { model_name: "tiny", inputs: [input] };
const valuesOf = (raw: Buffer) => Array.from(new Float32Array(new Uint8Array(raw).buffer));
const expected = async () => ((await (await fetch(`${served.url}/v2/models/tiny/infer`, { method: "POST", body: JSON.stringify({ inputs: [{ ...bare, data: [1, 2, 3, 4] }] }) })).json()) as { outputs: [{ data: number[] }] }).outputs[0].data;

test("the descriptor is made of the proto file", () => {
  const made = protobuf.parse(readFileSync(join(import.meta.dirname, "inference-service.proto"), "utf8"), { keepCase: true }).root.toJSON();
  expect(descriptor).toEqual(JSON.parse(JSON.stringify(made)));
});

test.each<[call: string, name: string, request: object, answer: object]>([
  ["is_server_live", "ServerLive", {}, { live: true }],
  ["is_server_ready", "ServerReady", {}, { ready: true }],
  ["is_model_ready", "ModelReady", { name: "tiny" }, { ready: true }],
  ["is_model_ready of a version", "ModelReady", { name: "tiny", version: "3" }, { ready: true }],
  ["is_model_ready of an unknown version", "ModelReady", { name: "tiny", version: "9" }, { ready: false }],
  ["is_model_ready of an unknown model", "ModelReady", { name: "wrong" }, { ready: false }],
  ["get_server_metadata", "ServerMetadata", {}, { name: "triton", extensions: expect.arrayContaining(["statistics", "model_configuration"]) }],
  ["get_model_metadata", "ModelMetadata", { name: "tiny" }, { name: "tiny", versions: ["3"], inputs: [{ name: "v0", datatype: "FP32", shape: [-1, WIDTH] }], outputs: [{ name: "v1", datatype: "FP32", shape: [-1, WIDTH] }] }],
  ["get_model_config", "ModelConfig", { name: "tiny" }, { config: { name: "tiny", backend: "cutplane", max_batch_size: 0, dynamic_batching: { priority_levels: 8, default_priority_level: 8 }, input: [{ name: "v0", data_type: "TYPE_FP32", dims: [-1, WIDTH] }], output: [{ name: "v1" }], model_transaction_policy: { decoupled: false } } }],
  ["get_inference_statistics", "ModelStatistics", { name: "tiny" }, { model_stats: [{ name: "tiny", version: "3", inference_stats: { success: { count: expect.any(Number) }, queue: { ns: expect.any(Number) }, compute_infer: { ns: expect.any(Number) } } }] }],
  ["get_inference_statistics of all", "ModelStatistics", {}, { model_stats: [{ name: "tiny" }] }],
  ["get_model_repository_index", "RepositoryIndex", {}, { models: [{ name: "tiny", version: "3", state: "READY", reason: "" }] }],
  ["get_system_shared_memory_status", "SystemSharedMemoryStatus", { name: "" }, { regions: {} }],
  ["get_cuda_shared_memory_status", "CudaSharedMemoryStatus", {}, { regions: {} }],
  ["unregister_system_shared_memory", "SystemSharedMemoryUnregister", { name: "r" }, {}],
  ["unregister_cuda_shared_memory", "CudaSharedMemoryUnregister", {}, {}],
  ["get_trace_settings", "TraceSetting", { model_name: "tiny" }, { settings: { trace_level: { value: ["OFF"] }, trace_rate: { value: ["1000"] } } }],
  ["get_log_settings", "LogSettings", {}, { settings: { log_info: { bool_param: true }, log_verbose_level: { uint32_param: 0 }, log_format: { string_param: "default" } } }],
  ["infer, typed contents", "ModelInfer", { ...infer, id: "my id" }, { model_name: "tiny", model_version: "3", id: "my id", outputs: [{ name: "v1", datatype: "FP32", shape: [1, WIDTH] }] }],
  ["infer, raw contents", "ModelInfer", { ...infer, inputs: [bare], raw_input_contents: [floats(1, 2, 3, 4)] }, { outputs: [{ name: "v1" }] }],
  ["infer, BF16 for FP32", "ModelInfer", { ...infer, inputs: [{ ...bare, datatype: "BF16" }], raw_input_contents: [Buffer.from(new Uint16Array([0x3f80, 0x4000, 0x4040, 0x4080]).buffer)] }, { outputs: [{ name: "v1", datatype: "FP32" }] }],
  ["infer with a wanted output", "ModelInfer", { ...infer, outputs: [{ name: "v1" }] }, { outputs: [{ name: "v1" }] }],
  ["infer with parameters", "ModelInfer", { ...infer, parameters: { priority: { int64_param: 1 }, timeout: { int64_param: 9_000_000 }, mine: { string_param: "x" }, sequence_id: { int64_param: 0 } } }, { model_version: "3" }],
])("%s", async (_call, name, request, answer) => {
  const got = await ask(name, request);
  expect(got).toMatchObject(answer);
  if (name === "ModelInfer") expect(valuesOf(got.raw_output_contents![0]!)).toEqual(await expected());
});

const { INVALID_ARGUMENT, NOT_FOUND, UNAVAILABLE, DEADLINE_EXCEEDED, UNIMPLEMENTED, UNAUTHENTICATED, RESOURCE_EXHAUSTED } = status;
test.each<[what: string, name: string, request: object, code: status, words: RegExp]>([
  ["an unknown model", "ModelInfer", { ...infer, model_name: "wrong" }, NOT_FOUND, /^Request for unknown model: 'wrong' is not found/],
  ["an unknown version", "ModelConfig", { name: "tiny", version: "9" }, NOT_FOUND, /^Request for unknown model: 'tiny' version 9 is not found/],
  ["metadata of an unknown model", "ModelMetadata", { name: "wrong" }, NOT_FOUND, /^Request for unknown model/],
  ["load of an unknown model", "RepositoryModelLoad", { model_name: "wrong" }, INVALID_ARGUMENT, /^failed to load 'wrong', /],
  ["unload of an unknown model", "RepositoryModelUnload", { model_name: "wrong" }, INVALID_ARGUMENT, /^failed to unload 'wrong', /],
  ["an index of one repository", "RepositoryIndex", { repository_name: "mine" }, INVALID_ARGUMENT, /^'repository_name' specification is not supported/],
  ["a region of an object that is not there", "SystemSharedMemoryRegister", { name: "r", key: "/cutplane-test-none", byte_size: 64 }, INVALID_ARGUMENT, /^Unable to open shared memory region: '\/cutplane-test-none'/],
  ["a region without a name", "SystemSharedMemoryRegister", { key: "/r", byte_size: 64 }, INVALID_ARGUMENT, /^'region name' is necessary/],
  ["the status of an unknown region", "SystemSharedMemoryStatus", { name: "r" }, NOT_FOUND, /^Unable to find system shared memory region: 'r'/],
  ["CUDA shared memory", "CudaSharedMemoryRegister", { name: "r", byte_size: 64 }, UNIMPLEMENTED, /^CUDA shared memory is not among/],
  ["a change of trace settings", "TraceSetting", { settings: { trace_level: { value: ["TIMESTAMPS"] } } }, UNIMPLEMENTED, /read here and not changed/],
  ["a change of log settings", "LogSettings", { settings: { log_verbose_level: { uint32_param: 1 } } }, UNIMPLEMENTED, /read here and not changed/],
  ["an input in shared memory", "ModelInfer", { model_name: "tiny", inputs: [{ ...bare, parameters: { shared_memory_region: { string_param: "r" }, shared_memory_byte_size: { int64_param: 16 } } }] }, NOT_FOUND, /^Unable to find shared memory region: 'r'/],
  ["an input in shared memory with contents", "ModelInfer", { model_name: "tiny", inputs: [{ ...input, parameters: { shared_memory_region: { string_param: "r" }, shared_memory_byte_size: { int64_param: 16 } } }] }, INVALID_ARGUMENT, /^unexpected 'content' provided when using shared memory for input tensor 'v0'/],
  ["no inputs", "ModelInfer", { model_name: "tiny" }, INVALID_ARGUMENT, /no inputs/],
  ["an unknown input", "ModelInfer", { model_name: "tiny", inputs: [{ ...input, name: "z" }] }, INVALID_ARGUMENT, /no input "z"/],
  ["raw and typed contents", "ModelInfer", { ...infer, raw_input_contents: [floats(1, 2, 3, 4)] }, INVALID_ARGUMENT, /exclude each other/],
  ["too few raw contents", "ModelInfer", { ...infer, inputs: [bare, bare], raw_input_contents: [floats(1)] }, INVALID_ARGUMENT, /one for each/],
  ["raw contents too short", "ModelInfer", { ...infer, inputs: [bare], raw_input_contents: [floats(1)] }, INVALID_ARGUMENT, /4 bytes, shape \[1, 4\] of FP32 needs 16/],
  ["too few values", "ModelInfer", { ...infer, inputs: [{ ...bare, contents: { fp32_contents: [1] } }] }, INVALID_ARGUMENT, /has 1 values/],
  ["values in another field", "ModelInfer", { ...infer, inputs: [{ ...bare, contents: { int_contents: [1, 2, 3, 4] } }] }, INVALID_ARGUMENT, /goes into fp32_contents, not int_contents/],
  ["a value that does not fit", "ModelInfer", { ...infer, inputs: [{ name: "v0", datatype: "INT8", shape: [1], contents: { int_contents: [200] } }] }, INVALID_ARGUMENT, /does not fit INT8/],
  ["BF16 with typed contents", "ModelInfer", { ...infer, inputs: [{ ...input, datatype: "BF16" }] }, INVALID_ARGUMENT, /BF16 has no typed contents/],
  ["BF16 in as many bytes as FP32", "ModelInfer", { ...infer, inputs: [{ ...bare, datatype: "BF16" }], raw_input_contents: [floats(1, 2, 3, 4)] }, INVALID_ARGUMENT, /16 bytes, shape \[1, 4\] of BF16 needs 8/],
  ["FP16 with typed contents", "ModelInfer", { ...infer, inputs: [{ ...input, datatype: "FP16" }] }, INVALID_ARGUMENT, /no typed contents/],
  ["BYTES", "ModelInfer", { ...infer, inputs: [{ ...bare, datatype: "BYTES", contents: { bytes_contents: [Buffer.from("a")] } }] }, INVALID_ARGUMENT, /datatype "BYTES" is not one of/],
  ["BYTES by the name a processor would have", "ModelInfer", { model_name: "tiny.process", inputs: [{ name: "INPUT", datatype: "BYTES", shape: [1], contents: { bytes_contents: [Buffer.from("a")] } }] }, NOT_FOUND, /^Request for unknown model: 'tiny.process' is not found: "tiny" declares no processor/],
  ["no classes", "ModelInfer", { ...infer, outputs: [{ name: "v1", parameters: { classification: { int64_param: 0 } } }] }, INVALID_ARGUMENT, /^output "v1": classification is 0, not a whole number of classes from 1$/],
  ["fewer classes than none", "ModelInfer", { ...infer, outputs: [{ name: "v1", parameters: { classification: { int64_param: -1 } } }] }, INVALID_ARGUMENT, /^output "v1": classification is -1, not/],
  ["classes as a text", "ModelInfer", { ...infer, outputs: [{ name: "v1", parameters: { classification: { string_param: "3" } } }] }, INVALID_ARGUMENT, /^output "v1": classification must be an int64_param$/],
  ["classes without a value", "ModelInfer", { ...infer, outputs: [{ name: "v1", parameters: { classification: {} } }] }, INVALID_ARGUMENT, /^output "v1": classification must be an int64_param$/],
  ["an output in shared memory", "ModelInfer", { ...infer, outputs: [{ name: "v1", parameters: { shared_memory_region: { string_param: "r" }, shared_memory_byte_size: { int64_param: 16 } } }] }, NOT_FOUND, /^Unable to find shared memory region: 'r'/],
  ["a negative size", "ModelInfer", { ...infer, inputs: [{ ...input, shape: [-1, 4] }] }, INVALID_ARGUMENT, /shape must be/],
])("refused with the protocol's code and words: %s", async (_what, name, request, code, words) => {
  expect(await codeOf(ask(name, request))).toEqual([code, expect.stringMatching(words)]);
});

test("messages packed with gzip and deflate are taken; what is not a message is refused and the connection lives on", async () => {
  for (const way of [1, 2]) {
    const packing = new Service(served.host, credentials.createInsecure(), { "grpc.default_compression_algorithm": way });
    expect(valuesOf((await ask("ModelInfer", infer, { by: packing })).raw_output_contents![0]!)).toEqual(await expected());
    packing.close();
  }
  const send = (path: string, bytes: Buffer) => new Promise((resolve) => { stub.makeUnaryRequest(path, () => bytes, (answer) => answer, {}, (error) => resolve(error?.code)); });
  expect(await send("/inference.GRPCInferenceService/ModelInfer", Buffer.from([0x0a, 0xff]))).toBe(INVALID_ARGUMENT);
  expect(await send("/inference.GRPCInferenceService/NoSuchCall", Buffer.alloc(0))).toBe(UNIMPLEMENTED);
  expect((await ask("ServerLive", {})).live).toBe(true);
});

test("a trace in the metadata is continued", async () => {
  const metadata = new Metadata();
  metadata.set("traceparent", `00-${"4b".repeat(16)}-${"0a".repeat(8)}-01`);
  await ask("ModelInfer", infer, { metadata });
  const contexts = () => served.ingress.heard.flatMap((message) => (message.type === "sample" ? message.samples.flatMap((sample) => (sample.recent ?? []).flatMap((one) => one.context ?? [])) : []));
  await served.ingress.until("the request is told", () => contexts().length > 0);
  expect(contexts()[0]).toMatchObject({ traceId: "4b".repeat(16), parentSpanId: "0a".repeat(8), sampled: true });
});

test("a stream answers every request in order, errors included, and ends with its client", async () => {
  const stream = stub.ModelStreamInfer();
  const answers: StreamAnswer[] = [];
  stream.on("data", (answer: StreamAnswer) => answers.push(answer));
  const ended = new Promise((resolve) => stream.on("end", resolve));
  for (let i = 0; i < 100; i++) stream.write({ ...infer, id: `${i}`, ...(i === 50 ? { model_name: "wrong" } : {}) });
  stream.end();
  await ended;
  expect(answers.map((answer) => answer.infer_response?.id)).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
  expect(answers.filter((answer) => answer.error_message !== "").map((answer) => answer.error_message)).toEqual([expect.stringMatching(/^Request for unknown model: 'wrong'/)]);
  expect(valuesOf(answers[99]!.infer_response!.raw_output_contents[0]!)).toEqual(await expected());
});

test("a deadline, of the call or of the request, ends it; a cancelled call leaves nothing in flight", async () => {
  served.pipeline.stages[0]!.child.process.kill("SIGSTOP");
  try {
    expect((await codeOf(ask("ModelInfer", infer, { options: { deadline: Date.now() + 300 } })))![0]).toBe(DEADLINE_EXCEEDED);
    expect((await codeOf(ask("ModelInfer", { ...infer, parameters: { timeout: { int64_param: 100_000 } } })))![0]).toBe(DEADLINE_EXCEEDED);
    const stream = stub.ModelStreamInfer();
    stream.on("error", () => undefined);
    stream.write(infer);
    await served.ingress.until("in flight", (child) => observedOf(child)[0]!.pipelines[0]!.inFlight > 0);
    stream.cancel();
    await served.ingress.until("given up", (child) => observedOf(child)[0]!.pipelines[0]!.inFlight === 0);
  } finally {
    served.pipeline.stages[0]!.child.process.kill("SIGCONT");
  }
  expect((await ask("ModelInfer", infer)).model_name).toBe("tiny");
});

test("one port: half a preface, no bytes and HTTP/1 beside it", async () => {
  const { hostname, port } = new URL(served.url);
  const strange = connect(Number(port), hostname);
  strange.write("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
  await new Promise((resolve) => strange.once("close", resolve).resume());
  expect((await fetch(`${served.url}/v2/health/live`)).status).toBe(200);
});

test("beyond loopback TLS and a key are asked for as over REST; larger messages than a deployment takes are refused", async () => {
  const trust = await testTrust();
  const identity = await trust.node("edge.example");
  const node = await served.fleet.node("nod_tls");
  const ingress = await served.fleet.ingress(node, { host: "0.0.0.0", httpTls: identity });
  const key = "cpk_test";
  sendRoute(ingress, [], { ...ROUTE, currentEpoch: null, keyHashes: [createHash("sha256").update(key).digest("hex")], limits: { maxInFlight: 4, maxRequestBytes: 1000, defaultDeadlineMs: 1000, maxDeadlineMs: 1000 } });
  await ingress.until("route", (child) => observedOf(child).length === 1);
  const secure = new Service(`127.0.0.1:${new URL(ingress.last("listening")!.url).port}`, credentials.createSsl(Buffer.from(trust.caPem)), { "grpc.ssl_target_name_override": "edge.example" });
  const withKey = new Metadata();
  withKey.set("authorization", `Bearer ${key}`);
  expect((await ask("ServerLive", {}, { by: secure })).live).toBe(true);
  expect((await codeOf(ask("ModelMetadata", { name: "tiny" }, { by: secure })))![0]).toBe(UNAUTHENTICATED);
  expect((await ask("ModelMetadata", { name: "tiny" }, { by: secure, metadata: withKey })).name).toBe("tiny");
  expect((await codeOf(ask("ModelInfer", infer, { by: secure, metadata: withKey })))![0]).toBe(UNAVAILABLE);
  expect((await codeOf(ask("ModelInfer", { ...infer, raw_input_contents: [Buffer.alloc(100_000)] }, { by: secure, metadata: withKey })))![0]).toBe(RESOURCE_EXHAUSTED);
  secure.close();
});
