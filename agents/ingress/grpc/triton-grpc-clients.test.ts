// The stock examples of tritonclient.grpc and of the C++ client, and perf_analyzer over gRPC, as the bytes of the messages they send: written here field by field,
// as protobuf's own writers order them, with nothing of the ingress's descriptor (Triton's client repository: src/python/examples, tritonclient/grpc).
import { type ClientDuplexStream, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { splitElements } from "../bytes-tensor.ts";
import { callGrpc, grpcStub, type InferAnswer, readFrames, type StreamedAnswer, type Stub } from "../testdata/grpc-stub.ts";
import { INPUT0, int32, int32Of, serveSimpleModels, type SimpleModels, sumsOf, VALUES } from "../testdata/simple-models.ts";

let served: SimpleModels;
let stub: Stub;
beforeAll(async () => {
  served = await serveSimpleModels();
  stub = grpcStub(served.host);
}, 180_000);
afterAll(async () => { stub?.close(); await served?.fleet.close(); });

const varint = (value: bigint): Buffer => (value < 128n ? Buffer.from([Number(value)]) : Buffer.concat([Buffer.from([Number(value & 127n) + 128]), varint(value >> 7n)]));
const bytes = (field: number, body: Buffer | string): Buffer => Buffer.concat([Buffer.from([field * 8 + 2]), varint(BigInt(Buffer.byteLength(body))), Buffer.from(body)]);
const number = (field: number, value: bigint | number | boolean): Buffer => Buffer.concat([Buffer.from([field * 8]), varint(BigInt.asUintN(64, BigInt(value)))]);
/** A map's entry: a value of one choice, which is there even where it is false or 0. */
const parameter = (name: string, choice: Buffer): Buffer => bytes(4, Buffer.concat([bytes(1, name), bytes(2, choice)]));
const tensor = (name: string, shape: number[]): Buffer => bytes(5, Buffer.concat([bytes(1, name), bytes(2, "INT32"), bytes(3, Buffer.from(shape))]));
const wished = (...names: string[]): Buffer[] => names.map((name) => bytes(6, bytes(1, name)));
const raw = (values: readonly number[]): Buffer => bytes(7, int32(values));
const pair = (batch: number, first: readonly number[], second: readonly number[], { outputs = wished("OUTPUT0", "OUTPUT1"), id = "" } = {}): Buffer =>
  Buffer.concat([bytes(1, "simple"), ...(id === "" ? [] : [bytes(3, id)]), tensor("INPUT0", [batch, 16]), tensor("INPUT1", [batch, 16]), ...outputs, raw(first), raw(second)]);

const METHOD = "/inference.GRPCInferenceService/";
const readAnswer = <T>(name: string, body: Buffer): T => { const head = Buffer.alloc(5); head.writeUInt32BE(body.length, 1); return readFrames<T>(name, Buffer.concat([head, body]))[0]!; };
const infer = (message: Buffer): Promise<InferAnswer> => new Promise((resolve, reject) => {
  stub.makeUnaryRequest(`${METHOD}ModelInfer`, (body: Buffer) => body, (body) => readAnswer<InferAnswer>("ModelInfer", body), message, (error, answer) => (error ? reject(error) : resolve(answer!)));
});
const stream = (): ClientDuplexStream<Buffer, StreamedAnswer> => stub.makeBidiStreamRequest(`${METHOD}ModelStreamInfer`, (body: Buffer) => body, (body) => readAnswer<StreamedAnswer>("ModelStreamInfer", body));
const outputsOf = ({ outputs, raw_output_contents: contents }: InferAnswer): Record<string, number[]> => Object.fromEntries(outputs.map(({ name }, index) => [name, int32Of(contents[index]!)]));
const ONES = Array<number>(16).fill(1);
const EXPECTED = { OUTPUT0: INPUT0.map((value) => value + 1), OUTPUT1: INPUT0.map((value) => value - 1) };

test("simple_grpc_infer_client: with outputs and without, statistics, an unknown model", async () => {
  expect(outputsOf(await infer(pair(1, INPUT0, ONES)))).toEqual(EXPECTED);
  expect((await callGrpc<{ model_stats: object[] }>(stub, "ModelStatistics", { name: "simple" })).model_stats).toHaveLength(1);
  expect(outputsOf(await infer(pair(1, INPUT0, ONES, { outputs: [] })))).toEqual(EXPECTED);
  const wrong = await infer(Buffer.concat([bytes(1, "wrong_model_name"), pair(1, INPUT0, ONES).subarray(bytes(1, "simple").length)])).catch((error: ServiceError) => error as ServiceError);
  expect(wrong).toMatchObject({ code: status.NOT_FOUND, details: expect.stringMatching(/^Request for unknown model/) });
});

test("simple_grpc_async_infer_client: many at once, each its own answer", async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => infer(pair(1, INPUT0, Array(16).fill(index)))));
  for (const [index, answer] of answers.entries()) expect(outputsOf(answer)).toEqual({ OUTPUT0: INPUT0.map((value) => value + index), OUTPUT1: INPUT0.map((value) => value - index) });
});

const step = (id: Buffer, request: string, value: number, start: boolean, end: boolean) => Buffer.concat([
  bytes(1, "simple_sequence"), bytes(3, request), parameter("sequence_id", id), parameter("sequence_start", number(1, start)), parameter("sequence_end", number(1, end)), tensor("INPUT", [1, 1]), ...wished("OUTPUT"), raw([value]),
]);
const IDS: [string, Buffer][] = [["1000", number(2, 1000)], ["1001", number(2, 1001)], ["uint64", number(5, 2n ** 64n - 1n)], ["uint64'", number(5, 2n ** 64n - 2n)], ["9b2e2c0a-57b1", bytes(3, "9b2e2c0a-57b1")]];

test("simple_grpc_sequence_sync_infer_client: ids that are int, uint64 and string", async () => {
  for (const [name, id] of IDS) {
    const values = [100, ...VALUES.map((value) => -value)];
    const sums: number[] = [];
    for (const [index, value] of values.entries()) sums.push(outputsOf(await infer(step(id, `${name}_${index}`, value, index === 0, index === values.length - 1))).OUTPUT![0]!);
    expect(sums).toEqual(sumsOf(values));
  }
});

test("simple_grpc_sequence_stream_infer_client: all sequences on one stream, answers known by their ids, each the final one", async () => {
  const answers: StreamedAnswer[] = [];
  const call = stream();
  call.on("data", (answer: StreamedAnswer) => answers.push(answer));
  const values = [20, ...VALUES];
  for (const [name, id] of IDS) for (const [index, value] of values.entries()) call.write(step(id, `${name}_${index + 1}`, value, index === 0, index === values.length - 1));
  call.end();
  await new Promise((resolve) => call.on("end", resolve));
  expect(answers.map(({ error_message }) => error_message).filter((error) => error !== "")).toEqual([]);
  for (const [name] of IDS) expect(answers.flatMap(({ infer_response: one }) => (one!.id.startsWith(`${name}_`) ? [outputsOf(one!).OUTPUT![0]] : []))).toEqual(sumsOf(values));
  expect(answers.every(({ infer_response: one }) => one!.parameters.triton_final_response?.bool_param === true)).toBe(true);
});

test("image_client -i grpc -c 2 -b 2, also --streaming: the classes of each picture", async () => {
  expect(await callGrpc(stub, "ModelConfig", { name: "image" })).toMatchObject({ config: { max_batch_size: 8, input: [{ name: "data_0", format: "FORMAT_NCHW", dims: [3, 1, 2] }], output: [{ name: "prob_1", label_filename: "labels.txt" }] } });
  const classes = Buffer.concat([bytes(1, "classification"), bytes(2, number(2, 2))]);
  const message = Buffer.concat([
    bytes(1, "image"), bytes(3, "1"), bytes(5, Buffer.concat([bytes(1, "data_0"), bytes(2, "FP32"), bytes(3, Buffer.from([2, 3, 1, 2]))])),
    bytes(6, Buffer.concat([bytes(1, "prob_1"), bytes(2, classes)])), bytes(7, Buffer.from(new Float32Array([0.5, 0.25, 0.125, 8, 0, -1, 1, 2, 3, 4, 5, 6]).buffer)),
  ]);
  const call = stream();
  const streamed = new Promise<InferAnswer>((resolve) => call.on("data", ({ infer_response: one }: StreamedAnswer) => resolve(one!)));
  call.write(message);
  for (const { outputs, raw_output_contents: contents } of [await infer(message), await streamed]) {
    expect(outputs).toMatchObject([{ name: "prob_1", datatype: "BYTES", shape: [2, 2] }]);
    expect(splitElements("prob_1", contents[0]!, 4).map((element) => Buffer.from(element).toString())).toEqual(["8.000000:3", "0.500000:0:cup", "6.000000:5:T\u00fcr", "5.000000:4:bowl"]);
  }
  call.end();
});

type Statistics = { model_stats: { inference_count: number; inference_stats: Record<string, { count: number; ns: number }> }[] };
test.each([["unary", 1], ["unary", 8], ["--streaming", 1]] as const)("perf_analyzer, %s, -b %d: metadata, configuration, statistics, inferences, statistics", async (way, batch) => {
  const COUNT = 25;
  const values = Array.from({ length: batch * 16 }, (_, index) => index);
  expect(await callGrpc(stub, "ServerMetadata", {})).toMatchObject({ name: "triton", extensions: expect.arrayContaining(["statistics", "model_configuration"]) });
  expect(await callGrpc(stub, "ModelMetadata", { name: "simple" })).toMatchObject({ versions: ["1"], inputs: [{ name: "INPUT0", datatype: "INT32", shape: [-1, 16] }, { name: "INPUT1" }] });
  expect(await callGrpc(stub, "ModelConfig", { name: "simple" })).toMatchObject({ config: { max_batch_size: 8, input: [{ dims: [16] }, { dims: [16] }], dynamic_batching: { priority_levels: 8 } } });
  const before = (await callGrpc<Statistics>(stub, "ModelStatistics", { name: "simple" })).model_stats[0]!;
  const messages = Array.from({ length: COUNT }, (_, index) => pair(batch, values, values, { id: `perf ${index}` }));
  const answers: InferAnswer[] = [];
  if (way === "unary") for (const message of messages) answers.push(await infer(message));
  else {
    const call = stream();
    call.on("data", ({ infer_response: one }: StreamedAnswer) => answers.push(one!));
    for (const message of messages) call.write(message);
    call.end();
    await new Promise((resolve) => call.on("end", resolve));
  }
  expect(answers.map(({ id }) => id)).toEqual(messages.map((_, index) => `perf ${index}`));
  for (const answer of answers) expect(outputsOf(answer)).toEqual({ OUTPUT0: values.map((value) => 2 * value), OUTPUT1: values.map(() => 0) });
  const after = (await callGrpc<Statistics>(stub, "ModelStatistics", { name: "simple" })).model_stats[0]!;
  expect(after.inference_count - before.inference_count).toBe(COUNT * batch);
  for (const part of ["success", "queue", "compute_input", "compute_infer", "compute_output"]) expect(after.inference_stats[part]!.count - before.inference_stats[part]!.count).toBe(COUNT);
});
