// What clients get of an ingress that has just started or is stopping, real processes: every request is answered or refused in words that say "come again".
import { createHash } from "node:crypto";
import { Agent, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { observedOf } from "../stage/testdata/test-nodes.ts";
import { layPipeline, sendRoute } from "../stage/testdata/test-pipeline.ts";
import { testTrust } from "../stage/testdata/test-trust.ts";
import { tinyLayers } from "../stage/testdata/tiny-onnx.ts";
import { callGrpc, grpcStub, type InferAnswer, type StreamedAnswer } from "./testdata/grpc-stub.ts";
import { ROUTE, type ServedModel, serveModel, spec, WIDTH } from "./testdata/served-model.ts";

let served: ServedModel;
beforeAll(async () => { served = await serveModel(); }, 180_000);
afterAll(() => served?.fleet.close());

const body = JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [1, 2, 3, 4] }] });
const message = { model_name: "tiny", inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], contents: { fp32_contents: [1, 2, 3, 4] } }] };

type Answer = { status: number; retryAfter: string | undefined; connection: string | undefined; code: string | undefined };
const post = (url: string, agent?: Agent): Promise<Answer> => new Promise((resolve, reject) => {
  const asked = httpRequest(`${url}/v2/models/tiny/infer`, { method: "POST", agent, headers: { "content-length": body.length } }, (answer) => {
    let text = "";
    answer.on("data", (part: Buffer) => { text += part; }).on("end", () => resolve({ status: answer.statusCode!, retryAfter: answer.headers["retry-after"], connection: answer.headers.connection, code: JSON.parse(text).code })).on("error", reject);
  });
  asked.on("error", reject).end(body);
});
const refused = (code: string): Answer => ({ status: 503, retryAfter: "1", connection: "close", code });

test("between its start and its first routes an ingress says so, asks for no key, and is live but not ready; then what it does not have is unknown", async () => {
  const ingress = await served.fleet.ingress(await served.fleet.node("nod_new"));
  const { url } = ingress.last("listening")!;
  const stub = grpcStub(new URL(url).host);
  expect(await post(url)).toEqual(refused("starting"));
  expect((await fetch(`${url}/v2/health/live`)).status).toBe(200);
  expect((await fetch(`${url}/v2/health/ready`)).status).toBe(503);
  expect(await callGrpc(stub, "ServerReady", {})).toEqual({ ready: false });
  const error = await callGrpc(stub, "ModelInfer", message).catch((thrown: ServiceError) => thrown as ServiceError);
  expect(error).toMatchObject({ code: status.UNAVAILABLE, details: expect.stringMatching(/just started/) });
  expect((error as ServiceError).metadata.get("retry-after")).toEqual(["1"]);
  ingress.send({ type: "routes", routes: [], moved: [] });
  await expect.poll(async () => (await post(url)).status).toBe(404);
  // The connection is from before the route was known: messages are held to what the route takes now.
  sendRoute(ingress, [], { ...ROUTE, currentEpoch: null });
  await ingress.until("route", (child) => observedOf(child).length === 1);
  const large = { ...message, inputs: [{ name: "v0", datatype: "FP32", shape: [50_000, WIDTH], contents: { fp32_contents: Array(50_000 * WIDTH).fill(1) } }] };
  expect(await callGrpc(stub, "ModelInfer", large).catch(({ details }: ServiceError) => details)).toMatch(/no revision is current/);
  stub.close();
});

test("beyond loopback, too, who shows no key is told to come again and not that the key is wrong", async () => {
  const trust = await testTrust();
  const ingress = await served.fleet.ingress(await served.fleet.node("nod_tls"), { host: "0.0.0.0", httpTls: await trust.node("edge.example") });
  const { port } = new URL(ingress.last("listening")!.url);
  const ask = () => new Promise<number | undefined>((resolve, reject) => {
    httpsRequest({ host: "127.0.0.1", port, path: "/v2/models/tiny", ca: trust.caPem, servername: "edge.example", agent: false, headers: { authorization: "Bearer cpk_test" } }, (answer) => { answer.resume(); resolve(answer.statusCode); }).on("error", reject).end();
  });
  expect(await ask()).toBe(503);
  sendRoute(ingress, [], { ...ROUTE, currentEpoch: null, keyHashes: [createHash("sha256").update("cpk_test").digest("hex")] });
  await expect.poll(ask).toBe(200);
});

test("stopped under traffic: what was let in is answered, whatever comes after on open connections and streams is told 503 or UNAVAILABLE, and nothing is cut off", async () => {
  const host = await served.fleet.node("nod_last");
  const ingress = await served.fleet.ingress(host);
  const { url } = ingress.last("listening")!;
  const own = layPipeline(served.fleet, host, [host], [{ bytes: tinyLayers(0, 1, WIDTH), inputs: [spec("v0")], outputs: [spec("v1")], sends: ["v1"], warmShapes: [{ name: "v0", dataType: "float32", shape: [1, WIDTH] }] }], { epoch: 1, sends: ["v0"] });
  sendRoute(ingress, [own], ROUTE);
  await ingress.until("linked", (child) => observedOf(child)[0]?.pipelines[0]?.linked === true);

  const rest: Answer[][] = [];
  const agents = Array.from({ length: 8 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  const restClients = agents.map(async (agent) => {
    const answers: Answer[] = [];
    rest.push(answers);
    do answers.push(await post(url, agent)); while (answers.at(-1)!.connection !== "close");
  });
  const idle = Array.from({ length: 3 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  for (const agent of idle) expect((await post(url, agent)).status).toBe(200);
  const stubs = Array.from({ length: 8 }, () => grpcStub(new URL(url).host));
  const unary: { answered: number; end?: ServiceError }[] = [];
  const unaryClients = stubs.slice(0, 4).map(async (stub) => {
    const client: (typeof unary)[number] = { answered: 0 };
    unary.push(client);
    while (!client.end) await callGrpc<InferAnswer>(stub, "ModelInfer", message).then(() => { client.answered++; }, (error: ServiceError) => { client.end = error; });
  });
  const streams: { sent: number; answers: StreamedAnswer[]; end?: ServiceError }[] = [];
  const streamClients = stubs.slice(4).map((stub) => new Promise<void>((resolve) => {
    const client: (typeof streams)[number] = { sent: 0, answers: [] };
    streams.push(client);
    const stream = stub.ModelStreamInfer();
    const send = () => stream.write({ ...message, id: String(client.sent++) });
    stream.on("data", (answer: StreamedAnswer) => { client.answers.push(answer); send(); });
    stream.on("error", (error: ServiceError) => { client.end = error; resolve(); });
    for (let i = 0; i < 4; i++) send();
  }));
  await expect.poll(() => Math.min(...rest.map((answers) => answers.length), ...unary.map(({ answered }) => answered), ...streams.map(({ answers }) => answers.length)), { timeout: 30_000 }).toBeGreaterThan(5);
  // Now something is under way, and stays so, when it is told to stop.
  const { process: child } = own.stages[0]!.child;
  child.kill("SIGSTOP");
  // What it had sent before arrives yet, and a report that all are under way may be from before: until nobody was answered for a while.
  let before: number[] = [];
  await expect.poll(() => {
    const last = before;
    before = rest.map((answers) => answers.length);
    return observedOf(ingress)[0]!.pipelines[0]!.inFlight === 8 + 4 + 4 * 4 && before.join() === last.join();
  }, { timeout: 30_000, interval: 500 }).toBe(true);
  ingress.send({ type: "stop", graceMs: 20_000 });
  await expect.poll(async () => fetch(url).then(() => "open", () => "closed")).toBe("closed");
  for (const agent of idle) expect(await post(url, agent)).toEqual(refused("draining"));
  child.kill("SIGCONT");
  await Promise.all([...restClients, ...unaryClients, ...streamClients]);

  // The one that was under way came, and said that its connection closes.
  for (const [index, answers] of rest.entries()) expect([answers.length, answers.every((answer) => answer.status === 200)]).toEqual([before[index]! + 1, true]);
  for (const { end } of unary) expect(end!.code).toBe(status.UNAVAILABLE);
  for (const { answers, end } of streams) {
    expect(answers.every(({ error_message }) => error_message === "")).toBe(true);
    expect(answers.map(({ infer_response }) => Number(infer_response!.id))).toEqual(answers.map((_, index) => index));
    expect(end).toMatchObject({ code: status.UNAVAILABLE, details: expect.stringMatching(/stopping/) });
  }
  await ingress.until("it ends", (one) => one.exited);
  for (const agent of [...agents, ...idle]) agent.destroy();
  for (const stub of stubs) stub.close();
}, 90_000);
