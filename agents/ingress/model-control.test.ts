// What the stock clients' simple_http_model_control and simple_grpc_model_control do, and what else a client may ask of load and unload; the test is
// the agent's main process, which asks the console.
import { createHash } from "node:crypto";
import { type Client, credentials, loadPackageDefinition, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import type protobuf from "protobufjs";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { MAX_REPOSITORY_CALLS, type RepositoryAnswer, type RepositoryCall, type UnloadedRoute } from "../protocol/repository-call.ts";
import type { FromIngress } from "../stage/messages.ts";
import { sendRoute } from "../stage/testdata/test-pipeline.ts";
import descriptor from "./grpc/inference-service.json" with { type: "json" };
import { ROUTE, type ServedModel, serveModel } from "./testdata/served-model.ts";

type Call = (request: object, metadata: Metadata, callback: (error: ServiceError | null, answer: never) => void) => void;
type Stub = Client & Record<string, Call>;
const Service = (loadPackageDefinition(fromJSON(descriptor as protobuf.INamespace, { keepCase: true, defaults: true })) as never as { inference: { GRPCInferenceService: new (target: string, secure: ReturnType<typeof credentials.createInsecure>) => Stub } }).inference.GRPCInferenceService;
/** A stage that lost its ingress asks again after a pause. */
const LINKED_WITHIN_MS = 30_000;
const KEY = "cpk_test";
const keyHashes = [createHash("sha256").update(KEY).digest("hex")];
const OFF: UnloadedRoute = { deploymentId: "dep_test", modelName: "tiny", version: "3", reason: "unloaded", keyHashes };

let open: ServedModel;
let closed: ServedModel;
let stub: Stub;
let calls: RepositoryCall[] = [];
/** What the console says; null = nothing yet. */
let consoleSays: (call: RepositoryCall, served: ServedModel) => RepositoryAnswer | null;

const load = ({ ingress, pipeline }: ServedModel) => sendRoute(ingress, [pipeline], { ...ROUTE, keyHashes });
/** It still answers what it had let in, and so keeps its links. */
const unload = ({ ingress, pipeline }: ServedModel) => sendRoute(ingress, [pipeline], { ...ROUTE, currentEpoch: null, keyHashes }, null, [], [OFF]);
const retire = ({ ingress }: ServedModel) => ingress.send({ type: "routes", routes: [], unloaded: [OFF] });
const obedient = ({ action }: RepositoryCall, served: ServedModel): RepositoryAnswer => {
  (action === "load" ? load : unload)(served);
  return { ok: true };
};
async function serve(options: Parameters<typeof serveModel>[0]): Promise<ServedModel> {
  const served = await serveModel(options);
  served.ingress.process.on("message", (message: FromIngress) => {
    if (message.type !== "repository") return;
    calls.push(message.call);
    const answer = consoleSays(message.call, served);
    if (answer) served.ingress.send({ type: "repository", askId: message.askId, answer });
  });
  return served;
}
beforeAll(async () => {
  consoleSays = obedient;
  open = await serve({ route: { keyHashes } });
  closed = await serve({ host: "0.0.0.0", route: { keyHashes } });
  stub = new Service(open.host, credentials.createInsecure());
}, 180_000);
afterEach(async () => {
  consoleSays = obedient;
  calls = [];
  for (const served of [open, closed]) load(served);
  await expect.poll(async () => [(await rest("GET", "v2/models/tiny/ready")).status, (await rest("GET", "v2/models/tiny/ready", undefined, { on: closed, key: KEY })).status], { timeout: LINKED_WITHIN_MS }).toEqual([200, 200]);
});
afterAll(async () => {
  stub?.close();
  await open?.fleet.close();
  await closed?.fleet.close();
});

const portOf = ({ url }: ServedModel) => new URL(url).port;
async function rest(method: string, path: string, body?: object, { on = open, key }: { on?: ServedModel; key?: string } = {}): Promise<{ status: number; text: string; retryAfter: string | null }> {
  const answer = await fetch(`http://127.0.0.1:${portOf(on)}/${path}`, { method, ...(body ? { body: JSON.stringify(body) } : {}), headers: key ? { authorization: `Bearer ${key}` } : {} });
  return { status: answer.status, text: await answer.text(), retryAfter: answer.headers.get("retry-after") };
}
const grpc = (name: string, request: object) => new Promise<Record<string, never>>((resolve, reject) => { stub[name]!.call(stub, request, new Metadata(), (error, answer) => (error ? reject(error) : resolve(answer))); });
const errorOf = (asked: Promise<unknown>) => asked.then(() => null, ({ code, details }: ServiceError) => [code, details]);
const LOAD = "v2/repository/models/tiny/load";
const UNLOAD = "v2/repository/models/tiny/unload";

test("simple_http_model_control: load, ready, unload, not ready, and a wrong name fails to load", async () => {
  unload(open);
  await expect.poll(async () => (await rest("GET", "v2/models/tiny/ready")).status).toBe(503);
  expect(await rest("POST", LOAD)).toMatchObject({ status: 200, text: "" });
  expect((await rest("GET", "v2/models/tiny/ready")).status).toBe(200);
  expect(await rest("POST", UNLOAD, { parameters: { unload_dependents: false } })).toMatchObject({ status: 200, text: "" });
  expect((await rest("GET", "v2/models/tiny/ready")).status).toBe(503);
  expect(await rest("POST", "v2/repository/models/wrong_model_name/load")).toMatchObject({ status: 400, text: expect.stringContaining("failed to load 'wrong_model_name', no deployment of that name") });
  expect(calls).toEqual([{ deploymentId: "dep_test", action: "load", key: null }, { deploymentId: "dep_test", action: "unload", key: null }]);
});

test("simple_grpc_model_control: the same", async () => {
  unload(open);
  await expect.poll(() => grpc("ModelReady", { name: "tiny" })).toEqual({ ready: false });
  expect(await grpc("RepositoryModelLoad", { model_name: "tiny" })).toEqual({});
  expect(await grpc("ModelReady", { name: "tiny" })).toEqual({ ready: true });
  expect(await grpc("RepositoryModelUnload", { model_name: "tiny", parameters: { unload_dependents: { bool_param: false } } })).toEqual({});
  expect(await grpc("ModelReady", { name: "tiny" })).toEqual({ ready: false });
  expect(await errorOf(grpc("RepositoryModelLoad", { model_name: "wrong_model_name" }))).toEqual([status.INVALID_ARGUMENT, expect.stringMatching(/^failed to load 'wrong_model_name', /)]);
  expect(await errorOf(grpc("RepositoryModelLoad", { model_name: "tiny", repository_name: "mine" }))).toEqual([status.INVALID_ARGUMENT, "'repository_name' specification is not supported"]);
});

test("what is unloaded is in the index, not among what is ready, and unknown to whoever asks it", async () => {
  retire(open);
  await expect.poll(async () => JSON.parse((await rest("POST", "v2/repository/index")).text)).toEqual([{ name: "tiny", version: "3", state: "UNAVAILABLE", reason: "unloaded" }]);
  expect(await grpc("RepositoryIndex", {})).toMatchObject({ models: [{ name: "tiny", version: "3", state: "UNAVAILABLE", reason: "unloaded" }] });
  expect((await rest("POST", "v2/repository/index", { ready: true })).text).toBe("[]");
  for (const [method, path] of [["GET", "v2/models/tiny"], ["GET", "v2/models/tiny/config"], ["POST", "v2/models/tiny/infer"]] as const) expect(await rest(method, path), path).toMatchObject({ status: 404, text: expect.stringContaining("Request for unknown model: 'tiny' has no available versions: unloaded") });
  expect((await rest("GET", "v2/health/ready")).status).toBe(503);
  expect((await rest("GET", "v2/models/tiny/ready")).status).toBe(503);
  expect(await grpc("ModelReady", { name: "tiny" })).toEqual({ ready: false });
  unload(open);
  await expect.poll(async () => (await rest("POST", "v2/models/tiny/infer", {})).status).toBe(503);
  expect(JSON.parse((await rest("POST", "v2/repository/index")).text)).toEqual([{ name: "tiny", version: "3", state: "UNAVAILABLE", reason: "unloaded" }]);
});

test.each<[code: Extract<RepositoryAnswer, { ok: false }>["code"], http: number, grpcCode: status, retryAfter: string | null]>([
  ["forbidden", 403, status.PERMISSION_DENIED, null],
  ["failed", 400, status.INVALID_ARGUMENT, null],
  ["late", 503, status.UNAVAILABLE, "10"],
  ["too-many", 429, status.RESOURCE_EXHAUSTED, "1"],
  ["unavailable", 503, status.UNAVAILABLE, "1"],
])("the console's no is told: %s", async (code, http, grpcCode, retryAfter) => {
  consoleSays = () => ({ ok: false, code, message: "because of this" });
  expect(await rest("POST", UNLOAD)).toMatchObject({ status: http, text: JSON.stringify({ error: "failed to unload 'tiny', because of this", code }), retryAfter });
  expect(await errorOf(grpc("RepositoryModelUnload", { model_name: "tiny" }))).toEqual([grpcCode, "failed to unload 'tiny', because of this"]);
  expect((await rest("GET", "v2/models/tiny/ready")).status).toBe(200);
});

test("a configuration or files of the client's own are refused, and nobody is asked; so is what is no JSON", async () => {
  for (const parameters of [{ config: "{}" }, { "file:1/model.onnx": "AA==" }]) expect(await rest("POST", LOAD, { parameters })).toMatchObject({ status: 400, text: expect.stringContaining("failed to load 'tiny', the parameter") });
  expect(await errorOf(grpc("RepositoryModelLoad", { model_name: "tiny", parameters: { config: { string_param: "{}" } } }))).toEqual([status.INVALID_ARGUMENT, expect.stringContaining('the parameter "config"')]);
  expect((await fetch(`${open.url}/${LOAD}`, { method: "POST", body: "{" })).status).toBe(400);
  expect((await rest("GET", LOAD)).status).toBe(405);
  expect(calls).toEqual([]);
});

test("beyond loopback nobody without a key of the deployment reaches the console; with one, the console is told which", async () => {
  for (const key of [undefined, "cpk_other"]) for (const path of [LOAD, "v2/repository/models/wrong/load", "v2/repository/index"]) expect((await rest("POST", path, undefined, { on: closed, key })).status).toBe(401);
  expect(calls).toEqual([]);
  expect((await rest("POST", UNLOAD, undefined, { on: closed, key: KEY })).status).toBe(200);
  expect((await rest("POST", "v2/repository/index", undefined, { on: closed })).status).toBe(401);
  expect((await rest("POST", "v2/repository/index", undefined, { on: closed, key: KEY })).text).toContain("unloaded");
  expect((await rest("POST", LOAD, undefined, { on: closed })).status).toBe(401);
  expect((await rest("POST", LOAD, undefined, { on: closed, key: KEY })).status).toBe(200);
  expect(calls.map(({ key }) => key)).toEqual([KEY, KEY]);
});

test("no more clients wait for the console than it takes of one node", async () => {
  consoleSays = () => null;
  const waiting = new AbortController();
  const held = Array.from({ length: MAX_REPOSITORY_CALLS }, () => fetch(`${closed.url.replace(/\/\/[^:]+/, "//127.0.0.1")}/${LOAD}`, { method: "POST", headers: { authorization: `Bearer ${KEY}` }, signal: waiting.signal }).catch(() => null));
  await expect.poll(() => calls.length).toBe(MAX_REPOSITORY_CALLS);
  expect(await rest("POST", LOAD, undefined, { on: closed, key: KEY })).toMatchObject({ status: 429, retryAfter: "1" });
  waiting.abort();
  await Promise.all(held);
});

test("an ingress that stops lets nobody wait for the console, over either protocol", async () => {
  consoleSays = () => null;
  const ending = await serve({});
  const stub = new Service(ending.host, credentials.createInsecure());
  const overRest = rest("POST", LOAD, undefined, { on: ending });
  const overGrpc = new Promise<ServiceError | null>((resolve) => stub.RepositoryModelLoad!({ model_name: "tiny" }, new Metadata(), resolve));
  await expect.poll(() => calls.length).toBe(2);
  ending.ingress.send({ type: "stop", graceMs: 20_000 });
  expect(await overRest).toMatchObject({ status: 503, text: expect.stringContaining('"code":"draining"') });
  expect(await overGrpc).toMatchObject({ code: status.UNAVAILABLE });
  await ending.ingress.until("it has ended", (child) => child.exited);
  stub.close();
  await ending.fleet.close();
});
