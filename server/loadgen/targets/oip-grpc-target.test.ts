// What a gRPC endpoint may do to a run, well or badly, over real HTTP/2.
import { constants } from "node:http2";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { decoderOf } from "../../../agents/ingress/grpc/inference-messages.ts";
import { answerWith, DESCRIBED, type GrpcAct, type GrpcTestServer, HEAD, refuse, reply, startGrpcServer } from "../testdata/grpc-server.ts";
import type { Answer } from "../issue-queries.ts";
import { framed } from "./grpc-caller.ts";
import { type OipGrpcOptions, openOipGrpcTarget } from "./oip-grpc-target.ts";
import type { Target } from "./target.ts";

const servers: GrpcTestServer[] = [];
const targets: Target[] = [];
afterEach(async () => {
  for (const target of targets.splice(0)) target.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function start(infer: GrpcAct, more: Record<string, GrpcAct> = {}, settings: { maxConcurrentStreams?: number } = {}): Promise<GrpcTestServer> {
  const server = await startGrpcServer({ ...DESCRIBED, ModelInfer: infer, ...more }, settings);
  servers.push(server);
  return server;
}

async function open(baseUrl: string, options: Partial<OipGrpcOptions> = {}): Promise<Target> {
  const target = await openOipGrpcTarget({ baseUrl, timeoutMs: 20_000, headers: {}, model: "m", shapes: {}, data: null, sampleCount: 4, ...options });
  targets.push(target);
  target.load(Array.from({ length: target.sampleCount }, (_, i) => i));
  return target;
}

const send = (target: Target, sample = 0) => new Promise<Answer>((resolve) => target.send(sample, resolve));
/** Who says that there are too many is not a server that fails. */
const REFUSED = ["a refusal in headers alone", "a refusal behind a message", "a proxy's page"];
const floats = (...values: number[]) => Buffer.from(new Float32Array(values).buffer);
const y = { name: "y", datatype: "FP32", shape: [1, 4] };

test("the model is described, samples are made up and sent raw, and outputs come back as their bytes, raw or typed", async () => {
  const asked: { message: Record<string, unknown>; key: unknown; timeout: unknown }[] = [];
  let isRaw = true;
  const infer: GrpcAct = (stream, message, headers) => {
    asked.push({ message: decoderOf("ModelInferRequest")(message) as Record<string, unknown>, key: headers.authorization, timeout: headers["grpc-timeout"] });
    reply("ModelInferResponse", { id: "any", outputs: [isRaw ? y : { ...y, contents: { fp32_contents: [1, 2, 3, 4] } }], raw_output_contents: isRaw ? [floats(1, 2, 3, 4)] : [] })(stream, message, headers);
  };
  const { url } = await start(infer);
  const target = await open(url, { headers: { authorization: "Bearer k" }, shapes: { x: [2, 4] } });
  expect([target.name, target.sampleCount]).toEqual(["synthetic 1 m, gRPC", 4]);
  const told = { outputs: [{ name: "y", datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] }] };
  for (const form of ["raw", "typed"]) {
    isRaw = form === "raw";
    const answer = await send(target, isRaw ? 3 : 1);
    expect(answer).toMatchObject({ ok: true, data: floats(1, 2, 3, 4) });
    // What it is graded by is the same as over HTTP.
    expect((answer as { told(): unknown }).told(), form).toEqual(told);
  }
  const [{ message, key, timeout }] = asked as [(typeof asked)[0]];
  expect(message).toMatchObject({ model_name: "m", id: "sample-3", inputs: [{ name: "x", datatype: "FP32" }] });
  expect((message.raw_input_contents as Buffer[])[0]).toHaveLength(2 * 4 * 4);
  expect([key, timeout]).toEqual(["Bearer k", "20000m"]);
});

test("requests in the protocol's JSON become the message that says the same, and are judged by their label", async () => {
  const asked: Record<string, unknown>[] = [];
  const { url } = await start((stream, message, headers) => {
    asked.push(decoderOf("ModelInferRequest")(message) as never);
    reply("ModelInferResponse", { outputs: [{ name: "t", datatype: "BYTES", shape: [1] }], raw_output_contents: [Buffer.from([3, 0, 0, 0, 0x63, 0x61, 0x74])] })(stream, message, headers);
  });
  const request = {
    id: "a", parameters: { priority: 1, binary_data_output: true, rate: 0.5, name: "x", idempotent: true },
    inputs: [{ name: "x", datatype: "FP32", shape: [1, 2], data: [[1, 2]] }, { name: "n", datatype: "INT64", shape: [1], data: [7] }, { name: "s", datatype: "BYTES", shape: [1], data: ["ab"] }], outputs: [{ name: "t", parameters: { binary_data: true } }],
  };
  const target = await open(url, { data: [{ request, expect: "cat" }, { request, expect: "dog" }, { request }] });
  const answers = await Promise.all([0, 1, 2].map((sample) => send(target, sample)));
  expect(answers.map((answer, i) => target.judge(i, (answer as { data: Uint8Array }).data))).toEqual([true, false, null]);
  expect(asked[0]).toMatchObject({ id: "a", parameters: { priority: {}, rate: { double_param: 0.5 }, name: { string_param: "x" }, idempotent: { bool_param: true } }, outputs: [{ name: "t", parameters: {} }] });
  expect(Object.keys(asked[0]!.parameters as object)).toEqual(["priority", "rate", "name", "idempotent"]);
  expect((asked[0]!.raw_input_contents as Buffer[]).map((bytes) => bytes.toString("hex"))).toEqual(["0000803f00000040", "0700000000000000", "020000006162"]);
});

test.each<[request: Record<string, unknown>, words: string]>([
  [{ messages: [] }, 'Sample 1 has no "inputs"'], [{ inputs: [{ name: "x" }] }, 'Sample 1, input 1 must have "name"'], [{ inputs: [{ name: "x", datatype: "FP32", shape: [1.5], data: [] }] }, '"shape" must be a list of sizes'],
  [{ inputs: [{ name: "x", datatype: "FP32", shape: [3], data: [1] }] }, 'Sample 1, input 1: "x" has 1 values, its shape [3] has 3.'],
])("a request that no message can be made of is named before the run: %j", async (request, words) => {
  const { url } = await start(reply("ModelInferResponse", {}));
  await expect(open(url, { data: [{ request }] })).rejects.toThrow(words);
});

test("of labelled samples each is looked at before one is sent, also beyond those that are loaded first", async () => {
  const { url, sessions } = await start(reply("ModelInferResponse", {}));
  const row = (datatype: string) => ({ request: { inputs: [{ name: "x", datatype, shape: [1], data: [1] }] }, label: 1 });
  const data = [...Array.from({ length: 1500 }, () => row("FP32")), row("FP16")];
  await expect(openOipGrpcTarget({ baseUrl: url, timeoutMs: 20_000, headers: {}, model: "m", shapes: {}, data, sampleCount: 1 })).rejects.toThrow(/^Sample 1501, input 1: "x" is of type FP16, which cannot be written as values/);
  expect(sessions).toEqual([]);
});

test.each<[what: string, act: GrpcAct, problem: string | RegExp]>([
  ["a refusal in headers alone", refuse(8, "over the limit: später"), "RESOURCE_EXHAUSTED: over the limit: später"],
  ["a refusal behind a message", (stream) => answerWith(stream, framed(Buffer.alloc(0)), { "grpc-status": "14", "grpc-message": "no route" }), "UNAVAILABLE: no route"],
  ["a refusal without words", (stream) => answerWith(stream, Buffer.alloc(0), { "grpc-status": "5" }), "NOT_FOUND"],
  ["words that are not encoded as they should be", (stream) => answerWith(stream, Buffer.alloc(0), { "grpc-status": "3", "grpc-message": "100% wrong" }), "INVALID_ARGUMENT: 100% wrong"],
  ["a status that is none", (stream) => answerWith(stream, Buffer.alloc(0), { "grpc-status": "99" }), "UNKNOWN"],
  ["no message", (stream) => answerWith(stream, Buffer.alloc(0), { "grpc-status": "0" }), "INTERNAL: the answer has no message"],
  ["half a message", (stream) => answerWith(stream, framed(Buffer.alloc(100)).subarray(0, 50), { "grpc-status": "0" }), "INTERNAL: the answer has 45 bytes, its message 100"],
  ["a packed message", (stream) => answerWith(stream, Buffer.from([1, 0, 0, 0, 0]), { "grpc-status": "0" }), /^INTERNAL: the answer is packed/],
  ["bytes that are no message", (stream) => answerWith(stream, framed(Buffer.from([0x0a, 0xff])), { "grpc-status": "0" }), /^the answer cannot be read/],
  ["no outputs", reply("ModelInferResponse", { id: "1" }), "the answer has no outputs"],
  ["typed contents that are too few", reply("ModelInferResponse", { outputs: [y] }), 'the answer cannot be read: "y" has 0 values, its shape [1, 4] has 4'],
  ["no status at all", (stream) => { stream.respond(HEAD); stream.end(framed(Buffer.alloc(0))); }, "INTERNAL: the answer ended without its status"],
  ["a proxy's page", (stream) => { stream.respond({ ":status": 503, "content-type": "text/html" }); stream.end("<html>"); }, "UNAVAILABLE: the answer is not gRPC's: HTTP status 503, text/html"],
  ["a reset", (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM), /^UNAVAILABLE: .*REFUSED_STREAM/],
  ["a reset within the answer", (stream) => { stream.respond(HEAD); stream.write(Buffer.alloc(3)); setImmediate(() => stream.destroy(new Error("asked to fail"))); }, /^INTERNAL: .*INTERNAL_ERROR/],
  ["a connection that ends", (stream) => stream.session!.destroy(), "UNAVAILABLE: the connection ended before the answer"],
])("%s is a failed sample with a sentence, and the next one is answered", async (what, act, problem) => {
  let isFirst = true;
  const { url } = await start((...told) => {
    if (!isFirst) return reply("ModelInferResponse", { outputs: [y], raw_output_contents: [floats(0, 0, 0, 0)] })(...told);
    isFirst = false;
    act(...told);
  });
  const target = await open(url);
  expect(await send(target)).toEqual({ ok: false, problem: typeof problem === "string" ? problem : expect.stringMatching(problem), ...(REFUSED.includes(what) ? { isRefused: true } : {}) });
  expect(await send(target)).toMatchObject({ ok: true });
});

test("a call that is never answered ends at its deadline, at the server too, and takes no place from others", async () => {
  let reset: (code: number) => void = () => undefined;
  const wasReset = new Promise<number>((resolve) => { reset = resolve; });
  const { url, sessions } = await start((stream) => { stream.once("close", () => reset(stream.rstCode)); });
  const target = await open(url, { timeoutMs: 2000.5 });
  expect(await send(target)).toEqual({ ok: false, problem: "DEADLINE_EXCEEDED: no whole answer within 2000.5 ms" });
  expect(await wasReset).toBe(constants.NGHTTP2_CANCEL);
  expect(sessions).toHaveLength(1);
});

test("one connection carries as many calls as the server allows, more open another; afterwards they are used again", async () => {
  const waiting: (() => void)[] = [];
  const { url, sessions } = await start((stream, message, headers) => { waiting.push(() => reply("ModelInferResponse", { outputs: [y], raw_output_contents: [floats(0, 0, 0, 0)] })(stream, message, headers)); }, {}, { maxConcurrentStreams: 5 });
  const target = await open(url);
  for (let round = 0; round < 2; round++) {
    const answers = Array.from({ length: 12 }, () => send(target));
    while (waiting.length < 12) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const answer of waiting.splice(0)) answer();
    expect((await Promise.all(answers)).every(({ ok }) => ok)).toBe(true);
    expect(sessions).toHaveLength(3);
  }
});

test("large messages pass both ways", async () => {
  const width = 2 ** 20;
  const { url } = await start((stream, message, headers) => {
    const { raw_input_contents: raw } = decoderOf("ModelInferRequest")(message) as unknown as { raw_input_contents: Buffer[] };
    reply("ModelInferResponse", { outputs: [{ ...y, shape: [1, width] }], raw_output_contents: raw })(stream, message, headers);
  });
  const target = await open(url, { shapes: { x: [1, width] }, sampleCount: 2, timeoutMs: 110_000 });
  for (const answer of await Promise.all([0, 1, 0, 1].map((sample) => send(target, sample)))) expect((answer as { data: Uint8Array }).data).toHaveLength(4 * width);
});

test.each<[what: string, acts: Record<string, GrpcAct>, options: Partial<OipGrpcOptions>, words: string | RegExp]>([
  ["a wrong model", { ModelMetadata: refuse(5, "Request for unknown model: 'm' is not found") }, {}, /^grpc:\/\/127.0.0.1:\d+ answers ModelMetadata with NOT_FOUND: Request for unknown model: 'm' is not found$/],
  ["a server without the service", { ServerMetadata: refuse(12, "unknown service") }, {}, /answers ServerMetadata with UNIMPLEMENTED: unknown service$/],
  ["no leave", { ModelMetadata: refuse(16, "a key is needed") }, {}, /answers ModelMetadata with UNAUTHENTICATED: a key is needed$/],
  ["a server that is busy", { ServerMetadata: refuse(14, "starting") }, {}, /answers ServerMetadata with UNAVAILABLE: starting$/],
  ["what is no metadata", { ModelMetadata: (stream) => answerWith(stream, framed(Buffer.from([0x0a, 0xff])), { "grpc-status": "0" }) }, {}, /answers ModelMetadata with something that cannot be read/],
  ["a server that never answers", { ServerMetadata: () => undefined }, { timeoutMs: 100 }, /^grpc:\/\/127.0.0.1:\d+ (answers ServerMetadata with DEADLINE_EXCEEDED|does not answer): no whole answer within 100 ms/],
  ["a model without inputs", { ModelMetadata: reply("ModelMetadataResponse", { name: "m" }) }, {}, /says of model "m" no inputs: give real requests with --data/],
  ["sizes of an input that is not there", {}, { shapes: { z: [1] } }, 'The model has no input "z"; it has "x".'],
])("%s is said before the run", async (_what, acts, options, words) => {
  const { url } = await start(reply("ModelInferResponse", {}), acts);
  await expect(open(url, options)).rejects.toThrow(words);
});

test.each(["grpc://127.0.0.1", "grpc://", "grpc://127.0.0.1:1/v2", "grpc://127.0.0.1:1?a", "http://127.0.0.1:1"])("%s is no gRPC target, and what is is said", async (url) => {
  await expect(open(url)).rejects.toThrow(`"${url}" must look like grpc://127.0.0.1:9000, or grpcs:// where it listens with TLS`);
});

test("nobody there, or somebody who speaks HTTP/1 only, is a sentence", async () => {
  await expect(open("grpc://127.0.0.1:9")).rejects.toThrow(/^grpc:\/\/127.0.0.1:9 does not answer: .*ECONNREFUSED.*Is it running, does it speak gRPC, and is the address right\?$/);
  await expect(open("grpc://localhost:9")).rejects.toThrow(/does not answer: connect ECONNREFUSED/);
  const http = createServer((_req, res) => res.end());
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  try {
    await expect(open(`grpc://127.0.0.1:${port}`)).rejects.toThrow(/does not answer: .+ Is it running, does it speak gRPC/);
    await expect(open(`grpcs://127.0.0.1:${port}`)).rejects.toThrow(/does not answer: .*wrong version number.+ Is it running, does it speak gRPC/);
  } finally {
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  }
});
