// Every call that tritonclient.http and perf_analyzer over HTTP make, and what they demand of the answers, as rows; each from the protocol's
// documents (kserve/open-inference-protocol; Triton's extensions binary data, statistics, model configuration, model repository, sequence).
import { request } from "node:http";
import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LIMITS } from "../stage/testdata/test-pipeline.ts";
import { parseExposition } from "../testdata/parse-exposition.ts";
import { floats, type ServedModel, serveModel, WIDTH } from "./testdata/served-model.ts";

let served: ServedModel;
beforeAll(async () => { served = await serveModel({ route: { limits: { ...LIMITS, maxRequestBytes: 1024 * 1024 } } }); }, 60_000);
afterAll(() => served?.fleet.close());

type Answer = { status: number; headers: Record<string, string | undefined>; body: Buffer };
/** Bare HTTP: nothing is packed or unpacked on the way. */
function ask(method: string, path: string, body?: Buffer | object, headers: Record<string, string> = {}): Promise<Answer> {
  const bytes = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const asked = request(`${served.url}/${path}`, { method, headers: { ...headers, ...(bytes ? { "content-length": String(bytes.length) } : {}) } }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("end", () => resolve({ status: answer.statusCode!, headers: answer.headers as Answer["headers"], body: Buffer.concat(parts) }));
    });
    asked.on("error", reject).end(bytes);
  });
}
const json = ({ body }: Answer) => JSON.parse(body.toString());
const input = { name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [1, 2, 3, 4] };
const MODEL = "v2/models/tiny";
const INFER = `${MODEL}/infer`;
const expected = async () => json(await ask("POST", INFER, { inputs: [input] })).outputs[0].data as number[];
const UNKNOWN = /^Request for unknown model: 'wrong' is not found/;

const tensor = (name: string) => ({ name, datatype: "FP32", shape: [-1, WIDTH] });
test.each<[call: string, method: string, path: string, body: object | undefined, status: number, answer: unknown]>([
  ["is_server_live", "GET", "v2/health/live", undefined, 200, { live: true }],
  ["is_server_ready", "GET", "v2/health/ready", undefined, 200, { ready: true }],
  ["is_model_ready", "GET", `${MODEL}/ready`, undefined, 200, { ready: true }],
  ["is_model_ready of a version", "GET", `${MODEL}/versions/3/ready`, undefined, 200, { ready: true }],
  ["is_model_ready of an unknown version", "GET", `${MODEL}/versions/9/ready`, undefined, 400, { ready: false, error: expect.stringMatching(/^Model version not ready: Request for unknown model: 'tiny' version 9 is not found/) }],
  ["is_model_ready of an unknown model", "GET", "v2/models/wrong/ready", undefined, 400, { ready: false, error: expect.stringMatching(/^Model version not ready: Request for unknown model/) }],
  ["get_server_metadata", "GET", "v2", undefined, 200, { name: "triton", version: "cutplane-dev", extensions: expect.arrayContaining(["binary_tensor_data", "statistics", "model_configuration", "sequence", "model_repository"]) }],
  ["get_model_metadata", "GET", MODEL, undefined, 200, { name: "tiny", versions: ["3"], platform: "onnx_cutplane", inputs: [tensor("v0")], outputs: [tensor("v1")] }],
  ["get_model_metadata of a version", "GET", `${MODEL}/versions/3`, undefined, 200, { name: "tiny", versions: ["3"] }],
  ["get_model_metadata of an unknown model", "GET", "v2/models/wrong", undefined, 404, { error: expect.stringMatching(UNKNOWN) }],
  ["get_model_config", "GET", `${MODEL}/config`, undefined, 200, { name: "tiny", backend: "cutplane", max_batch_size: 0, dynamic_batching: { priority_levels: 8, default_priority_level: 8 }, input: [{ name: "v0", data_type: "TYPE_FP32", dims: [-1, WIDTH] }], output: [{ name: "v1", data_type: "TYPE_FP32", dims: [-1, WIDTH] }], model_transaction_policy: { decoupled: false } }],
  ["get_model_config of a version", "GET", `${MODEL}/versions/3/config`, undefined, 200, { name: "tiny" }],
  ["get_inference_statistics", "GET", `${MODEL}/stats`, undefined, 200, { model_stats: [{ name: "tiny", version: "3", inference_stats: { success: { count: expect.any(Number), ns: expect.any(Number) }, queue: { count: expect.any(Number), ns: expect.any(Number) } } }] }],
  ["get_inference_statistics of all models", "GET", "v2/models/stats", undefined, 200, { model_stats: [{ name: "tiny" }] }],
  ["get_inference_statistics of a version", "GET", `${MODEL}/versions/3/stats`, undefined, 200, { model_stats: [{ version: "3" }] }],
  ["get_model_repository_index", "POST", "v2/repository/index", undefined, 200, [{ name: "tiny", version: "3", state: "READY", reason: "" }]],
  ["get_model_repository_index of ready ones", "POST", "v2/repository/index", { ready: true }, 200, [{ name: "tiny", state: "READY" }]],
  ["load_model of an unknown model", "POST", "v2/repository/models/wrong/load", { parameters: {} }, 400, { error: expect.stringMatching(/^failed to load 'wrong', /) }],
  ["unload_model of an unknown model", "POST", "v2/repository/models/wrong/unload", { parameters: { unload_dependents: false } }, 400, { error: expect.stringMatching(/^failed to unload 'wrong', /) }],
  ["get_model_repository_index of one repository", "POST", "v2/repository/mine/index", undefined, 400, { error: "'repository_name' specification is not supported" }],
  ["get_system_shared_memory_status", "GET", "v2/systemsharedmemory/status", undefined, 200, []],
  ["get_cuda_shared_memory_status of a region", "GET", "v2/cudasharedmemory/region/r/status", undefined, 200, []],
  ["unregister_system_shared_memory", "POST", "v2/systemsharedmemory/unregister", undefined, 200, {}],
  ["get_system_shared_memory_status of an unknown region", "GET", "v2/systemsharedmemory/region/r/status", undefined, 404, { error: "Unable to find system shared memory region: 'r'" }],
  ["register_system_shared_memory of an object that is not there", "POST", "v2/systemsharedmemory/region/r/register", { key: "/cutplane-test-none", offset: 0, byte_size: 64 }, 400, { error: expect.stringMatching(/^Unable to open shared memory region: '\/cutplane-test-none'/) }],
  ["register_system_shared_memory without a name", "POST", "v2/systemsharedmemory/register", { key: "/r", offset: 0, byte_size: 64 }, 400, { error: expect.stringMatching(/^'region name' is necessary/) }],
  ["register_cuda_shared_memory", "POST", "v2/cudasharedmemory/region/r/register", { raw_handle: { b64: "" }, device_id: 0, byte_size: 64 }, 501, { error: expect.stringMatching(/^CUDA shared memory is not among/) }],
  ["get_trace_settings", "GET", "v2/trace/setting", undefined, 200, { trace_level: ["OFF"], trace_rate: "1000", trace_count: "-1", log_frequency: "0", trace_file: "" }],
  ["get_trace_settings of a model", "GET", `${MODEL}/trace/setting`, undefined, 200, { trace_level: ["OFF"] }],
  ["update_trace_settings", "POST", "v2/trace/setting", { trace_level: ["TIMESTAMPS"] }, 501, { error: expect.stringMatching(/^trace settings are read here and not changed/) }],
  ["get_log_settings", "GET", "v2/logging", undefined, 200, { log_file: "", log_info: true, log_warning: true, log_error: true, log_verbose_level: 0, log_format: "default" }],
  ["update_log_settings", "POST", "v2/logging", { log_verbose_level: 1 }, 501, { error: expect.stringMatching(/^log settings are read here/) }],
  ["infer of an unknown model", "POST", "v2/models/wrong/infer", { inputs: [input] }, 404, { error: expect.stringMatching(UNKNOWN) }],
  ["infer of an unknown version", "POST", `${MODEL}/versions/9/infer`, { inputs: [input] }, 404, { error: expect.stringMatching(/version 9 is not found/) }],
  ["infer with JSON", "POST", INFER, { id: "my id", inputs: [input] }, 200, { model_name: "tiny", model_version: "3", id: "my id", outputs: [{ name: "v1", datatype: "FP32", shape: [1, WIDTH], data: expect.any(Array) }] }],
  ["infer of a version", "POST", `${MODEL}/versions/3/infer`, { inputs: [input] }, 200, { model_version: "3" }],
  ["infer with nested lists", "POST", INFER, { inputs: [{ ...input, data: [[1, 2, 3, 4]] }] }, 200, { outputs: [{ shape: [1, WIDTH] }] }],
  ["infer with parameters nobody knows", "POST", INFER, { parameters: { my_own: "x", priority: 2, timeout: 5_000_000 }, inputs: [{ ...input, parameters: { mine: 1 } }] }, 200, { model_name: "tiny" }],
  ["infer with a wanted output", "POST", INFER, { inputs: [input], outputs: [{ name: "v1", parameters: { binary_data: false } }] }, 200, { outputs: [{ name: "v1" }] }],
  ["infer with classification, of a model that is not batched", "POST", INFER, { inputs: [input], outputs: [{ name: "v1", parameters: { classification: 3 } }] }, 200, { outputs: [{ name: "v1", datatype: "BYTES", shape: [3], data: Array(3).fill(expect.stringMatching(/^\d+\.\d{6}:[0-3]$/)) }] }],
  ["infer with more classes than there are", "POST", INFER, { inputs: [input], outputs: [{ name: "v1", parameters: { classification: 1000 } }] }, 200, { outputs: [{ datatype: "BYTES", shape: [WIDTH] }] }],
  ...[0, -1, 1.5, "3", true, null].map((classes): [string, string, string, object, number, unknown] => [`infer with ${JSON.stringify(classes)} classes`, "POST", INFER, { inputs: [input], outputs: [{ name: "v1", parameters: { classification: classes } }] }, 400, { error: `output "v1": classification is ${JSON.stringify(classes)}, not a whole number of classes from 1` }]),
  ["infer with classes of an output that is not there", "POST", INFER, { inputs: [input], outputs: [{ name: "z", parameters: { classification: 1 } }] }, 400, { error: expect.stringMatching(/^the model has no output "z"/) }],
  ["infer with shared memory", "POST", INFER, { inputs: [input], outputs: [{ name: "v1", parameters: { shared_memory_region: "r", shared_memory_byte_size: 16 } }] }, 404, { error: "Unable to find shared memory region: 'r'" }],
  ["infer with a type the model does not take", "POST", INFER, { inputs: [{ ...input, datatype: "INT32" }] }, 400, { error: 'input "v0" is INT32, the model takes FP32' }],
  ["infer with BYTES", "POST", INFER, { inputs: [{ ...input, datatype: "BYTES", data: ["a", "b", "c", "d"] }] }, 400, { error: expect.stringMatching(/datatype "BYTES" is not one of BOOL/) }],
  ["infer with BYTES by the name a processor would have", "POST", "v2/models/tiny.process/infer", { inputs: [{ name: "INPUT", datatype: "BYTES", shape: [1], data: ["a"] }] }, 404, { error: `Request for unknown model: 'tiny.process' is not found: "tiny" declares no processor` }],
  ["infer with an input in shared memory", "POST", INFER, { inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], parameters: { shared_memory_region: "r", shared_memory_byte_size: 16 } }] }, 404, { error: "Unable to find shared memory region: 'r'" }],
  ["infer without a timeout, as some clients say it", "POST", INFER, { parameters: { timeout: 0 }, inputs: [input] }, 200, { model_name: "tiny" }],
  ["infer with BF16 as JSON", "POST", INFER, { inputs: [{ ...input, datatype: "BF16" }] }, 400, { error: 'input "v0": BF16 has no JSON form, send it as binary data' }],
  ["infer with a priority that is none", "POST", INFER, { parameters: { priority: -1 }, inputs: [input] }, 400, { error: expect.stringMatching(/priority/) }],
])("%s", async (_call, method, path, body, status, answer) => {
  const got = await ask(method, path, body);
  expect([got.status, json(got)]).toEqual([status, expect.anything()]);
  expect(json(got)).toMatchObject(answer as object);
});

const head = (over: object = {}, inputOver: object = {}) => Buffer.from(JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], parameters: { binary_data_size: WIDTH * 4 }, ...inputOver }], ...over }));
const lengthOf = (bytes: Buffer) => ({ "inference-header-content-length": String(bytes.length) });
const outputOf = ({ headers, body }: Answer) => {
  const at = Number(headers["inference-header-content-length"]);
  const told = JSON.parse(body.toString("utf8", 0, at));
  expect(told.outputs[0].parameters.binary_data_size).toBe(body.length - at);
  return Array.from(new Float32Array(new Uint8Array(body.subarray(at)).buffer));
};

test.each<[what: string, json: object]>([
  ["an output's binary_data", { outputs: [{ name: "v1", parameters: { binary_data: true } }] }],
  ["binary_data_output for all", { parameters: { binary_data_output: true } }],
])("tensors as bytes both ways: %s", async (_what, over) => {
  const json = head(over);
  const got = await ask("POST", INFER, Buffer.concat([json, floats(1, 2, 3, 4)]), lengthOf(json));
  expect(got.headers["content-type"]).toBe("application/octet-stream");
  expect(outputOf(got)).toEqual(await expected());
});

test("BF16 as bytes is widened to the FP32 the model takes; metadata say so, and other lengths are refused", async () => {
  const brain = Buffer.from(new Uint16Array([0x3f80, 0x4000, 0x4040, 0x4080]).buffer);
  const ofBytes = (size: number) => head({}, { datatype: "BF16", parameters: { binary_data_size: size } });
  const json8 = ofBytes(8);
  const got = await ask("POST", INFER, Buffer.concat([json8, brain]), lengthOf(json8));
  expect([got.status, json(got).outputs[0].datatype, json(got).outputs[0].data]).toEqual([200, "FP32", await expected()]);
  expect(json(await ask("GET", MODEL)).parameters).toMatchObject({ widens: "BF16 to FP32" });
  for (const [size, bytes] of [[16, 16], [7, 7], [8, 7], [8, 9]] as const) {
    const told = ofBytes(size);
    expect((await ask("POST", INFER, Buffer.concat([told, Buffer.alloc(bytes)]), lengthOf(told))).status, `${size} ${bytes}`).toBe(400);
  }
});

test("bytes in and JSON out: the length header is there only with bytes", async () => {
  const json = head();
  const got = await ask("POST", INFER, Buffer.concat([json, floats(1, 2, 3, 4)]), lengthOf(json));
  expect(got.headers).toMatchObject({ "content-type": "application/json" });
  expect(got.headers["inference-header-content-length"]).toBeUndefined();
  expect(JSON.parse(got.body.toString()).outputs[0].data).toEqual(await expected());
});

test("a raw binary request is the tensor alone", async () => {
  const got = await ask("POST", INFER, floats(1, 2, 3, 4), { "inference-header-content-length": "0", "content-type": "application/octet-stream" });
  expect(got.status).toBe(200);
  expect(outputOf(got)).toEqual(await expected());
  expect((await ask("POST", INFER, Buffer.alloc(5), { "inference-header-content-length": "0" })).status).toBe(400);
});

test.each([["gzip", gzipSync, gunzipSync], ["deflate", deflateSync, inflateSync]] as const)("%s both ways, the header length that of the unpacked JSON", async (way, pack, unpack) => {
  const json = head({ parameters: { binary_data_output: true } });
  const got = await ask("POST", INFER, pack(Buffer.concat([json, floats(1, 2, 3, 4)])), { ...lengthOf(json), "content-encoding": way, "accept-encoding": way });
  expect([got.status, got.headers["content-encoding"]]).toEqual([200, way]);
  expect(outputOf({ ...got, body: unpack(got.body) })).toEqual(await expected());
});

test("what is packed is unpacked within the limit of a body", async () => {
  expect((await ask("POST", INFER, gzipSync(Buffer.alloc(1024 * 1024 + 1)), { "content-encoding": "gzip" })).status).toBe(413);
  expect((await ask("POST", INFER, Buffer.from("no gzip"), { "content-encoding": "gzip" })).status).toBe(400);
  expect((await ask("POST", INFER, Buffer.from("{}"), { "content-encoding": "br" })).status).toBe(415);
  expect((await ask("POST", INFER, { inputs: [input] }, { "accept-encoding": "gzip, deflate, br" })).headers["content-encoding"]).toBeUndefined();
});

test("statistics count requests and runs, and their parts sum to what requests took", async () => {
  const stats = async () => json(await ask("GET", `${MODEL}/stats`)).model_stats[0];
  const before = await stats();
  for (let i = 0; i < 5; i++) await ask("POST", INFER, { inputs: [input] });
  await ask("POST", INFER, { inputs: [input], outputs: [{ name: "v1" }], parameters: { timeout: 1 } });
  const after = await stats();
  const { success, fail, queue, compute_input, compute_infer, compute_output } = after.inference_stats;
  expect(after.inference_count + fail.count - before.inference_count - before.inference_stats.fail.count).toBe(6);
  expect(after.execution_count).toBe(after.inference_count);
  expect(success.count).toBe(after.inference_count);
  const parts = queue.ns + compute_input.ns + compute_infer.ns + compute_output.ns;
  expect(Math.abs(parts - success.ns)).toBeLessThan(10);
  const { read, queue: waited, write } = after.ingress_stats;
  expect([read, waited, write].map(({ count }) => count)).toEqual([success.count, success.count, success.count]);
  const [{ queue: stageQueue, compute, hand_on }] = after.segment_stats;
  const places = [read, waited, write, stageQueue, compute, hand_on, ...after.link_stats.map(({ network }: { network: { ns: number } }) => network)].reduce((sum, { ns }) => sum + ns, 0);
  expect(places / success.ns).toBeCloseTo(1, 2);
  expect(after.batch_stats).toMatchObject([{ batch_size: 1, compute_infer: { count: after.execution_count } }]);
  expect(after.segment_stats).toMatchObject([{ stage: 0, node: "nod_a", compute: { count: after.execution_count } }]);
  expect(after.link_stats.map(({ from, to }: { from: string; to: string }) => `${from} ${to}`)).toEqual(["nod_a nod_a"]);
});

test("Prometheus gets the same: a histogram of latency, where time went, segments and links", async () => {
  const text = (await ask("GET", "metrics")).body.toString();
  parseExposition(text);
  const value = (row: RegExp) => Number(new RegExp(`^${row.source} (\\S+)$`, "m").exec(text)?.[1]);
  const labels = 'model="tiny",deployment="dep_test"';
  expect(text).toContain("# TYPE cutplane_ingress_latency_seconds histogram");
  expect(value(new RegExp(`cutplane_ingress_latency_seconds_bucket{${labels},le="\\+Inf"}`))).toBe(value(new RegExp(`cutplane_ingress_latency_seconds_count{${labels}}`)));
  expect(value(new RegExp(`cutplane_segment_compute_seconds_sum{${labels},version="3",stage="0",at="nod_a"}`))).toBeGreaterThan(0);
  expect(value(new RegExp(`cutplane_link_bytes_total{${labels},version="3",from="nod_a",to="nod_a"}`))).toBeGreaterThan(0);
  const runs = value(new RegExp(`cutplane_ingress_batch_size_count{${labels},version="3"}`));
  expect(runs).toBeGreaterThan(0);
  expect(value(new RegExp(`cutplane_ingress_batch_size_bucket{${labels},version="3",le="1"}`))).toBe(runs);
  for (const part of ["queue", "input", "infer", "output"]) expect(value(new RegExp(`cutplane_ingress_part_seconds_count{${labels},version="3",part="${part}"}`))).toBe(runs);
});
