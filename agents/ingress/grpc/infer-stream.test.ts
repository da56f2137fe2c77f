// A stream of inferences over a real ingress and stage, and what becomes of one whose client does not read.
import { connect } from "node:http2";
import { Duplex } from "node:stream";
import type { ServiceError } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Gone } from "../gone.ts";
import { grpcStub, messageFrame, readFrames, type StreamedAnswer, type Stub } from "../testdata/grpc-stub.ts";
import { type ServedModel, serveModel, WIDTH } from "../testdata/served-model.ts";
import { type InferCall, serveInferStream } from "./infer-stream.ts";

let served: ServedModel;
let stub: Stub;
beforeAll(async () => {
  served = await serveModel();
  stub = grpcStub(served.host);
}, 180_000);
afterAll(async () => { stub?.close(); await served?.fleet.close(); });

const ROWS = 4096;
const request = (id: number, rows: number, over: object = {}) => ({ model_name: "tiny", id: String(id), inputs: [{ name: "v0", datatype: "FP32", shape: [rows, WIDTH] }], raw_input_contents: [Buffer.from(new Float32Array(rows * WIDTH).fill(id).buffer)], ...over });
const told = () => served.ingress.heard.flatMap((message) => (message.type === "sample" ? message.samples : [])).reduce((sum, sample) => sum + sample.accepted, 0);

test("every answer is its request's final one; an empty one beside it is not sent, and whoever asks for it in another type is told", async () => {
  const stream = stub.ModelStreamInfer();
  const answers: StreamedAnswer[] = [];
  stream.on("data", (answer: StreamedAnswer) => answers.push(answer));
  stream.write(request(0, 1));
  stream.write(request(1, 1, { parameters: { triton_enable_empty_final_response: { bool_param: true } } }));
  stream.write(request(2, 1, { parameters: { triton_enable_empty_final_response: { string_param: "yes" } } }));
  stream.write(request(3, 1, { model_name: "wrong", model_version: "2" }));
  stream.end();
  await new Promise((resolve) => stream.on("end", resolve));
  expect(answers.map(({ infer_response: one }) => [one!.id, one!.parameters.triton_final_response?.bool_param])).toEqual([["0", true], ["1", true], ["2", true], ["3", true]]);
  expect(answers.map(({ error_message }) => error_message)).toEqual(["", "", "invalid value type for 'triton_enable_empty_final_response' parameter, expected bool_param.", expect.stringMatching(/^Request for unknown model: 'wrong'/)]);
  expect(answers[3]!.infer_response).toMatchObject({ model_name: "wrong", model_version: "2" });
});

test("a client that does not read is soon not read from either: what waits for it stays bounded, and all of it comes once it reads", async () => {
  const COUNT = 400;
  const before = told();
  // Bare HTTP/2: a stream that nobody reads holds the server to one window.
  const session = connect(`http://${served.host}`, { maxSessionMemory: 1000 });
  const stream = session.request({ ":method": "POST", ":path": "/inference.GRPCInferenceService/ModelStreamInfer", "content-type": "application/grpc", te: "trailers" });
  for (let id = 0; id < COUNT; id++) stream.write(messageFrame("ModelStreamInfer", request(id, ROWS)));
  stream.end();
  let last = -1;
  // Nothing more is taken from it between two tellings, a second apart.
  await expect.poll(() => { const now = told() - before; const same = now === last && now > 0; last = now; return same; }, { timeout: 20_000, interval: 2_100 }).toBe(true);
  expect(last).toBeLessThan(64 + 32);
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  await new Promise((resolve) => stream.on("end", resolve));
  session.close();
  const answers = readFrames<StreamedAnswer>("ModelStreamInfer", Buffer.concat(parts));
  expect(answers.map(({ infer_response }) => Number(infer_response!.id))).toEqual(Array.from({ length: COUNT }, (_, id) => id));
  // Waiting cost no answer its bytes.
  const first = (one: StreamedAnswer) => one.infer_response!.raw_output_contents[0]!;
  expect(first(answers[200]!).length).toBe(ROWS * WIDTH * 4);
  for (const id of [3, 50, 399]) {
    const alone = stub.ModelStreamInfer();
    const answer = new Promise<StreamedAnswer>((resolve) => alone.once("data", resolve));
    const ended = new Promise((resolve) => alone.once("end", resolve));
    alone.write(request(id, ROWS));
    alone.end();
    expect(first(await answer).equals(first(answers[id]!))).toBe(true);
    // Else the server may be gone before the stream is, which is an error that nobody hears.
    await ended;
  }
});

test("who reads nothing for too long gets no more: what runs for it is given up, what is answered is let go", async () => {
  vi.useFakeTimers();
  try {
    const call = Object.assign(new Duplex({ objectMode: true, writableHighWaterMark: 1, read: () => undefined, write: () => undefined }), { cancelled: false });
    const errors: ServiceError[] = [];
    call.on("error", (error) => errors.push(error as ServiceError));
    const signals: Gone[] = [];
    let done = 0;
    let answerNow = true;
    serveInferStream(call as unknown as InferCall, (_message, signal) => {
      signals.push(signal);
      return answerNow ? Promise.resolve({ response: { parameters: {} }, done: () => { done++; } }) : new Promise(() => undefined);
    }, () => Buffer.alloc(8));
    call.push({ id: "0" });
    await vi.advanceTimersByTimeAsync(1);
    answerNow = false;
    call.push({ id: "1" });
    await vi.advanceTimersByTimeAsync(59_000);
    expect([done, errors.length, signals.map(({ aborted }) => aborted)]).toEqual([1, 0, [false, false]]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect([errors.map(({ details }) => details), signals[1]!.aborted]).toEqual([["no answer was read for 60 s"], true]);
  } finally {
    vi.useRealTimers();
  }
});
