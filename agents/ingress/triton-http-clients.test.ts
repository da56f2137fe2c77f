// The stock examples of tritonclient.http and of the C++ client, and perf_analyzer over HTTP, byte for byte as they write them on a socket (Triton's client
// repository: src/python/examples, tritonclient/http, src/c++/library/http_client.cc), read as they read the answers.
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { splitElements } from "./bytes-tensor.ts";
import { INPUT0, int32, int32Of, serveSimpleModels, type SimpleModels, sumsOf, VALUES } from "./testdata/simple-models.ts";

let served: SimpleModels;
beforeAll(async () => { served = await serveSimpleModels(); }, 180_000);
afterAll(() => served?.fleet.close());

type Answer = { status: number; headers: Record<string, string>; body: Buffer };
/** Writes requests on one connection, one after the other's answer. */
async function exchange(requests: readonly Buffer[]): Promise<Answer[]> {
  const socket = connect({ host: new URL(served.url).hostname, port: Number(new URL(served.url).port) });
  let bytes = Buffer.alloc(0);
  let heard = () => {};
  socket.on("data", (part: Buffer) => { bytes = Buffer.concat([bytes, part]); heard(); });
  const answers: Answer[] = [];
  for (const request of requests) {
    socket.write(request);
    for (let answer = readAnswer(bytes); ; answer = readAnswer(bytes)) {
      if (answer) { bytes = bytes.subarray(answer.length); answers.push(answer); break; }
      await new Promise<void>((resolve) => { heard = resolve; });
    }
  }
  socket.destroy();
  return answers;
}
function readAnswer(bytes: Buffer): (Answer & { length: number }) | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const [first, ...rows] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const headers = Object.fromEntries(rows.map((row) => [row.slice(0, row.indexOf(":")).toLowerCase(), row.slice(row.indexOf(":") + 2)]));
  const length = headEnd + 4 + Number(headers["content-length"]);
  return bytes.length < length ? null : { status: Number(first!.split(" ")[1]), headers, body: Buffer.from(bytes.subarray(headEnd + 4, length)), length };
}
const get = (path: string) => Buffer.from(`GET /${path} HTTP/1.1\r\nHost: ${served.host}\r\nAccept: */*\r\n\r\n`);
function post(path: string, json: string, tensors: readonly Buffer[] = []): Buffer {
  const body = Buffer.concat([Buffer.from(json), ...tensors]);
  return Buffer.concat([Buffer.from(`POST /${path} HTTP/1.1\r\nHost: ${served.host}\r\n${tensors.length > 0 ? `Inference-Header-Content-Length: ${json.length}\r\n` : ""}Content-Length: ${body.length}\r\n\r\n`), body]);
}
/** As `InferResult` reads it: what has a binary_data_size lies behind the JSON, in the outputs' order. */
function outputsOf({ status, headers, body }: Answer): Record<string, number[]> {
  expect([status, body.toString()]).toEqual([200, expect.anything()]);
  let at = Number(headers["inference-header-content-length"] ?? body.length);
  const { outputs } = JSON.parse(body.toString("utf8", 0, at)) as { outputs: { name: string; data?: number[]; parameters?: { binary_data_size?: number } }[] };
  const values = outputs.map(({ name, data, parameters }): [string, number[]] => {
    const size = parameters?.binary_data_size;
    if (size === undefined) return [name, data!];
    at += size;
    return [name, int32Of(body.subarray(at - size, at))];
  });
  expect(at).toBe(body.length);
  return Object.fromEntries(values);
}
const PAIR = '"inputs":[{"name":"INPUT0","shape":[1,16],"datatype":"INT32","data":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]},{"name":"INPUT1","shape":[1,16],"datatype":"INT32","parameters":{"binary_data_size":64}}]';
const BINARY_PAIR = '"inputs":[{"name":"INPUT0","shape":[1,16],"datatype":"INT32","parameters":{"binary_data_size":64}},{"name":"INPUT1","shape":[1,16],"datatype":"INT32","parameters":{"binary_data_size":64}}]';
const minusOnes = int32(Array(16).fill(-1));
const EXPECTED = { OUTPUT0: INPUT0.map((value) => value - 1), OUTPUT1: INPUT0.map((value) => value + 1) };

test("simple_http_infer_client: outputs as wished, statistics, no outputs named, an unknown model", async () => {
  const wished = `{${PAIR},"outputs":[{"name":"OUTPUT0","parameters":{"binary_data":true}},{"name":"OUTPUT1","parameters":{"binary_data":false}}]}`;
  const [first, statistics, all, wrong] = await exchange([
    post("v2/models/simple/infer?test_1=1&test_2=2", wished, [minusOnes]), get("v2/models/simple/stats"),
    post("v2/models/simple/infer?test_1=1&test_2=2", `{${PAIR},"parameters":{"binary_data_output":true}}`, [minusOnes]),
    post("v2/models/wrong_model_name/infer?test_1=1&test_2=2", wished, [minusOnes]),
  ]);
  expect(outputsOf(first!)).toEqual(EXPECTED);
  expect(JSON.parse(statistics!.body.toString()).model_stats).toHaveLength(1);
  expect(outputsOf(all!)).toEqual(EXPECTED);
  expect(wrong!.status).not.toBe(200);
  expect(JSON.parse(wrong!.body.toString()).error).toMatch(/^Request for unknown model/);
});

test("simple_http_async_infer_client: many at once, each its own answer", async () => {
  const wished = `{${BINARY_PAIR},"outputs":[{"name":"OUTPUT0","parameters":{"binary_data":true}},{"name":"OUTPUT1","parameters":{"binary_data":true}}]}`;
  const answers = await Promise.all(Array.from({ length: 20 }, async (_, index) => outputsOf((await exchange([post("v2/models/simple/infer", wished, [int32(INPUT0), int32(Array(16).fill(index))])]))[0]!)));
  for (const [index, answer] of answers.entries()) expect(answer).toEqual({ OUTPUT0: INPUT0.map((value) => value + index), OUTPUT1: INPUT0.map((value) => value - index) });
});

test.each([["int", "1000", 1], ["a second int", "1001", -1], ["uint64", "18446744073709551615", -1], ["string", '"9b2e2c0a-57b1-4a6b-9f0e-0d6a2c1f4e77"', -1]] as const)("simple_http_sequence_sync_infer_client: an id that is %s", async (_what, id, sign) => {
  const values = [sign > 0 ? 0 : 100, ...VALUES.map((value) => sign * value)];
  const answers = await exchange(values.map((value, index) => post(
    "v2/models/simple_sequence/infer",
    `{"inputs":[{"name":"INPUT","shape":[1,1],"datatype":"INT32","parameters":{"binary_data_size":4}}],"outputs":[{"name":"OUTPUT","parameters":{"binary_data":true}}],"parameters":{"sequence_id":${id},"sequence_start":${index === 0},"sequence_end":${index === values.length - 1}}}`,
    [int32([value])],
  )));
  expect(answers.map((answer) => outputsOf(answer).OUTPUT![0])).toEqual(sumsOf(values));
});

/** Two pictures, one after the other; their numbers are their scores. */
const PICTURES = Buffer.from(new Float32Array([0.5, 0.25, 0.125, 8, 0, -1, 1, 2, 3, 4, 5, 6]).buffer);
const CLASSES = [["8.000000:3", "0.500000:0:cup", "0.250000:1:mug"], ["6.000000:5:T\u00fcr", "5.000000:4:bowl", "4.000000:3"]];
const imageBody = (batch: number, outputs: string) => `{"inputs":[{"name":"data_0","shape":[${batch},3,1,2],"datatype":"FP32","parameters":{"binary_data_size":${batch * 24}}}],"outputs":[${outputs}]}`;

test("image_client -c 3 -b 2: what it asks of metadata and configuration, and the classes of each picture as binary data", async () => {
  const wished = '{"name":"prob_1","parameters":{"classification":3,"binary_data":true}}';
  const [server, model, config, answer, all] = await exchange([
    get("v2"), get("v2/models/image"), get("v2/models/image/config"),
    post("v2/models/image/infer", imageBody(2, wished), [PICTURES]), post("v2/models/image/infer", imageBody(2, wished.replace("3", "9")), [PICTURES]),
  ]);
  expect(JSON.parse(server!.body.toString()).extensions).toContain("classification");
  expect(JSON.parse(model!.body.toString())).toMatchObject({ inputs: [{ name: "data_0", datatype: "FP32", shape: [-1, 3, 1, 2] }], outputs: [{ name: "prob_1", datatype: "FP32", shape: [-1, 6] }] });
  expect(JSON.parse(config!.body.toString())).toMatchObject({ max_batch_size: 8, input: [{ name: "data_0", format: "FORMAT_NCHW", dims: [3, 1, 2] }], output: [{ name: "prob_1", dims: [6], label_filename: "labels.txt" }] });
  for (const [{ status, headers, body }, count] of [[answer!, 3], [all!, 6]] as const) {
    const at = Number(headers["inference-header-content-length"]);
    expect([status, JSON.parse(body.toString("utf8", 0, at)).outputs]).toEqual([200, [{ name: "prob_1", datatype: "BYTES", shape: [2, count], parameters: { binary_data_size: body.length - at } }]]);
    const texts = splitElements("prob_1", body.subarray(at), 2 * count).map((element) => Buffer.from(element).toString());
    expect([texts.slice(0, 3), texts.slice(count, count + 3)]).toEqual(CLASSES);
  }
  const [one] = await exchange([post("v2/models/image/infer", imageBody(1, '{"name":"prob_1","parameters":{"classification":1,"binary_data":true}}'), [PICTURES.subarray(0, 24)])]);
  expect(one!.body.subarray(Number(one!.headers["inference-header-content-length"]))).toEqual(Buffer.from("\n\0\0\x008.000000:3", "latin1"));
});

test("classes as JSON, beside the tensor they are of", async () => {
  const [answer] = await exchange([post("v2/models/image/infer", imageBody(2, '{"name":"prob_1","parameters":{"binary_data":false,"classification":3}},{"name":"prob_1"}'), [PICTURES])]);
  const { outputs } = JSON.parse(answer!.body.toString());
  expect(outputs).toEqual([{ name: "prob_1", datatype: "BYTES", shape: [2, 3], data: CLASSES.flat() }, { name: "prob_1", datatype: "FP32", shape: [2, 6], data: [0.5, 0.25, 0.125, 8, 0, -1, 1, 2, 3, 4, 5, 6] }]);
});

type Statistics = { inference_count: number; execution_count: number; inference_stats: Record<string, { count: number; ns: number }> };
const statisticsOf = (answer: Answer): Statistics => JSON.parse(answer.body.toString()).model_stats[0];
/** As the C++ client writes it. */
const perfBody = (id: string, batch: number) => `{"id":"${id}","inputs":[{"name":"INPUT0","datatype":"INT32","shape":[${batch},16],"parameters":{"binary_data_size":${batch * 64}}},{"name":"INPUT1","datatype":"INT32","shape":[${batch},16],"parameters":{"binary_data_size":${batch * 64}}}],"outputs":[{"name":"OUTPUT0","parameters":{"binary_data":true}},{"name":"OUTPUT1","parameters":{"binary_data":true}}]}`;

test.each([1, 8])("perf_analyzer -b %d: metadata, configuration, statistics, inferences, statistics; the split of the server's time is there", async (batch) => {
  const COUNT = 25;
  const values = Array.from({ length: batch * 16 }, (_, index) => index);
  const infers = Array.from({ length: COUNT }, (_, index) => post("v2/models/simple/infer", perfBody(batch === 1 ? "" : `perf ${index}`, batch), [int32(values), int32(values)]));
  const [server, model, config, before, ...rest] = await exchange([get("v2"), get("v2/models/simple"), get("v2/models/simple/config"), get("v2/models/simple/stats"), ...infers, get("v2/models/simple/stats")]);
  expect(JSON.parse(server!.body.toString())).toMatchObject({ name: "triton", extensions: expect.arrayContaining(["statistics", "model_configuration"]) });
  expect(JSON.parse(model!.body.toString())).toMatchObject({ name: "simple", versions: ["1"], inputs: ["INPUT0", "INPUT1"].map((name) => ({ name, datatype: "INT32", shape: [-1, 16] })), outputs: ["OUTPUT0", "OUTPUT1"].map((name) => ({ name, datatype: "INT32", shape: [-1, 16] })) });
  expect(JSON.parse(config!.body.toString())).toMatchObject({ name: "simple", max_batch_size: 8, input: ["INPUT0", "INPUT1"].map((name) => ({ name, data_type: "TYPE_INT32", dims: [16] })), dynamic_batching: { priority_levels: 8 }, model_transaction_policy: { decoupled: false } });
  for (const [index, answer] of rest.slice(0, COUNT).entries()) {
    expect(outputsOf(answer)).toEqual({ OUTPUT0: values.map((value) => 2 * value), OUTPUT1: values.map(() => 0) });
    // The C++ client takes an answer without the id it sent, be it empty, for none.
    expect(JSON.parse(answer.body.toString("utf8", 0, Number(answer.headers["inference-header-content-length"]))).id).toBe(batch === 1 ? "" : `perf ${index}`);
  }
  const [from, to] = [statisticsOf(before!), statisticsOf(rest.at(-1)!)];
  expect(to.inference_count - from.inference_count).toBe(COUNT * batch);
  for (const part of ["success", "queue", "compute_input", "compute_infer", "compute_output"]) {
    expect(to.inference_stats[part]!.count - from.inference_stats[part]!.count).toBe(COUNT);
    expect(to.inference_stats[part]!.ns).toBeGreaterThanOrEqual(from.inference_stats[part]!.ns);
  }
});

test("perf_analyzer on a model of sequences: they are told by the configuration, run side by side, and each keeps its sum", async () => {
  const [config] = await exchange([get("v2/models/simple_sequence/config")]);
  expect(JSON.parse(config!.body.toString())).toMatchObject({ name: "simple_sequence", max_batch_size: 0, sequence_batching: { max_sequence_idle_microseconds: expect.any(Number) }, input: [{ name: "INPUT", data_type: "TYPE_INT32", dims: [1, 1] }], output: [{ name: "OUTPUT" }] });
  await Promise.all(Array.from({ length: 4 }, async (_, sequence) => {
    const answers = await exchange(Array.from({ length: 20 }, (_step, index) => post("v2/models/simple_sequence/infer", `{"id":"","parameters":{"sequence_id":${4_294_967_296 + sequence},"sequence_start":${index === 0},"sequence_end":${index === 19}},"inputs":[{"name":"INPUT","datatype":"INT32","shape":[1,1],"parameters":{"binary_data_size":4}}],"outputs":[{"name":"OUTPUT","parameters":{"binary_data":true}}]}`, [int32([sequence + 1])])));
    expect(answers.map((answer) => outputsOf(answer).OUTPUT![0])).toEqual(Array.from({ length: 20 }, (_step, index) => (sequence + 1) * (index + 1)));
  }));
});
