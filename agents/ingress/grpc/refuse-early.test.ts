// What a gRPC call is refused for by its head alone: the client sends headers, and never a byte of its message. Real processes.
import { createHash } from "node:crypto";
import type { ClientHttp2Session } from "node:http2";
import { status } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { IngressRoute } from "../../protocol/control.ts";
import { periodOf } from "../../protocol/quota-period.ts";
import { observedOf } from "../../stage/testdata/test-nodes.ts";
import { LIMITS, sendRoute } from "../../stage/testdata/test-pipeline.ts";
import { messageFrame, readFrames } from "../testdata/grpc-stub.ts";
import { giveUp, openCall, openSession, type CallEnd, type WireCall } from "../testdata/grpc-wire.ts";
import { floats, ROUTE, type ServedModel, serveModel, WIDTH } from "../testdata/served-model.ts";

const KEY = "cpk_a";
const hashOf = (key: string) => createHash("sha256").update(key).digest("hex");
const keyHashes = [hashOf(KEY)];
let served: ServedModel;
let host = "";
let session: ClientHttp2Session;
beforeAll(async () => {
  served = await serveModel({ host: "0.0.0.0", route: { keyHashes } });
  host = `127.0.0.1:${new URL(served.url).port}`;
  session = openSession(host);
}, 180_000);
afterAll(async () => { session?.destroy(); await served?.fleet.close(); });

const withKey = (key = KEY) => ({ authorization: `Bearer ${key}` });
const call = (headers: Record<string, string> = withKey(), method = "ModelInfer") => openCall(session, method, headers);
const frame = () => messageFrame("ModelInfer", { model_name: "tiny", inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH] }], raw_input_contents: [floats(1, 2, 3, 4)] });
const ask = (headers = withKey()): Promise<CallEnd> => { const whole = call(headers); whole.stream.end(frame()); return whole.end; };
const told = ({ code, message, metadata }: CallEnd) => ({ code, message, name: metadata["cutplane-code"], retryAfter: metadata["retry-after"] });
/** Whether a call is still waited for, after one that was sent later has been answered. */
async function waits({ end }: WireCall): Promise<boolean> {
  const other = openCall(session, "ServerLive");
  other.stream.end(messageFrame("ServerLive", {}));
  await other.end;
  return Promise.race([end.then(() => false), new Promise<boolean>((resolve) => setImmediate(() => resolve(true)))]);
}
/** Another name tells when the ingress has the route. */
async function follow(route: Partial<IngressRoute>): Promise<void> {
  const isServed = (name: string) => expect.poll(async () => (await fetch(`http://${host}/v2/models/${name}`, { headers: withKey() })).status).toBe(200);
  sendRoute(served.ingress, [served.pipeline], { ...ROUTE, keyHashes, ...route, modelName: "other" });
  await isServed("other");
  sendRoute(served.ingress, [served.pipeline], { ...ROUTE, keyHashes, ...route });
  await isServed("tiny");
}
const metrics = async () => (await fetch(`http://${host}/metrics`, { headers: withKey() })).text();
const refusedBy = async (reason: string) => Number(new RegExp(`cutplane_ingress_key_refused_total\\{[^}]*reason="${reason}"\\} (\\d+)`).exec(await metrics())![1]);

test("a key that nobody here knows, of a call and of a stream", async () => {
  const words = { code: status.UNAUTHENTICATED, message: "send `Authorization: Bearer <key>` with a key of this deployment", name: "key_required", retryAfter: undefined };
  for (const method of ["ModelInfer", "ModelStreamInfer"]) for (const headers of [{} as Record<string, string>, withKey("cpk_wrong")]) expect(told(await call(headers, method).end)).toEqual(words);
  // The connection serves on.
  expect((await ask()).code).toBe(status.OK);
});

test("an ingress that does not know its deployments yet", async () => {
  const ingress = await served.fleet.ingress(await served.fleet.node("nod_new"));
  const fresh = openSession(new URL(ingress.last("listening")!.url).host);
  for (const method of ["ModelInfer", "ModelStreamInfer"]) expect(told(await openCall(fresh, method).end)).toEqual({ code: status.UNAVAILABLE, message: expect.stringMatching(/just started/), name: "starting", retryAfter: "1" });
  fresh.destroy();
});

test("the rate of a key: what comes by head alone and what comes whole are counted alike, each once", async () => {
  await follow({ keyLimits: { requestsPerSecond: 0.001, burst: 2, maxInFlight: 8 } });
  const before = await refusedBy("rate");
  // Heads that are let come cost nothing yet.
  const waiting = [call(), call(), call()];
  expect(await Promise.all(waiting.map(waits))).toEqual([true, true, true]);
  expect([(await ask()).code, (await ask()).code]).toEqual([status.OK, status.OK]);
  for (let time = 0; time < 3; time++) expect(told(await call().end)).toEqual({ code: status.RESOURCE_EXHAUSTED, message: "this key may send 0.001 requests a second", name: "key_limit", retryAfter: expect.stringMatching(/^\d{3,}$/) });
  // The message of one that was let come is refused when it is here.
  waiting[0]!.stream.end(frame());
  expect(told(await waiting[0]!.end)).toMatchObject({ code: status.RESOURCE_EXHAUSTED, name: "key_limit" });
  for (const one of waiting.slice(1)) giveUp(one);
  expect(await refusedBy("rate")).toBe(before + 4);
});

test("the quota of a key", async () => {
  const now = Date.now();
  const quotas = [{ per: "month", requests: 10, period: periodOf("month", now), lifeId: null, upTo: 0, share: 0, first: 10 }] as const;
  await follow({ ownKeys: { [keyHashes[0]!]: { keyId: "crd_a", quotas: [...quotas] } } });
  const before = await refusedBy("quota");
  expect(told(await call().end)).toEqual({ code: status.RESOURCE_EXHAUSTED, message: expect.stringMatching(/^this key has used its quota of 10 requests a month/), name: "key_quota", retryAfter: expect.stringMatching(/^\d+$/) });
  expect(await refusedBy("quota")).toBe(before + 1);
});

/** One request is under way, and stays while `use` runs. */
async function whileOneRuns(use: () => Promise<void>): Promise<void> {
  const stage = served.pipeline.stages[0]!.child.process;
  const inFlight = () => observedOf(served.ingress)[0]?.pipelines[0]?.inFlight;
  await served.ingress.until("idle", () => inFlight() === 0);
  stage.kill("SIGSTOP");
  const asked = ask();
  try {
    await served.ingress.until("one is under way", () => inFlight() === 1);
    await use();
  } finally {
    stage.kill("SIGCONT");
  }
  expect((await asked).code).toBe(status.OK);
}

test("how many requests of a key run at once", async () => {
  await follow({ limits: { ...LIMITS, defaultDeadlineMs: LIMITS.maxDeadlineMs }, keyLimits: { requestsPerSecond: 1000, burst: 1000, maxInFlight: 1 } });
  const before = await refusedBy("in_flight");
  await whileOneRuns(async () => {
    expect(told(await call().end)).toEqual({ code: status.RESOURCE_EXHAUSTED, message: "this key has 1 requests in flight, 1 are allowed", name: "key_limit", retryAfter: "1" });
  });
  expect(await refusedBy("in_flight")).toBe(before + 1);
});

test("no room: refused and counted once, unless it may be one that has its answer already", async () => {
  const failed = () => served.ingress.heard.flatMap((message) => (message.type === "sample" ? message.samples : [])).reduce((sum, sample) => sum + (sample.errors.overloaded ?? 0), 0);
  await follow({ limits: { ...LIMITS, maxInFlight: 1, defaultDeadlineMs: LIMITS.maxDeadlineMs } });
  const before = failed();
  await whileOneRuns(async () => {
    for (let time = 0; time < 2; time++) expect(told(await call().end)).toEqual({ code: status.RESOURCE_EXHAUSTED, message: "1 requests are in flight", name: "overloaded", retryAfter: "1" });
    const named = call({ ...withKey(), "idempotency-key": "mine" });
    expect(await waits(named)).toBe(true);
    giveUp(named);
  });
  await expect.poll(failed, { timeout: 15_000 }).toBe(before + 2);
});

test("a message that is declared larger than any deployment here takes", async () => {
  await follow({ limits: { ...LIMITS, maxRequestBytes: 1000 } });
  expect(told(await call({ ...withKey(), "content-length": "1000000" }).end)).toMatchObject({ code: status.RESOURCE_EXHAUSTED, message: "Received message larger than max (999995 vs 66536)" });
});

test("where the message decides it is waited for: a key of two deployments, of which one is limited, and one whose deployment moved away", async () => {
  const limited = { requestsPerSecond: 0.001, burst: 1, maxInFlight: 8 };
  await follow({ keyLimits: limited });
  expect((await ask()).code).toBe(status.OK);
  expect((await call().end).code).toBe(status.RESOURCE_EXHAUSTED);
  sendRoute(served.ingress, [served.pipeline], { ...ROUTE, keyHashes, keyLimits: limited }, null, [{ deploymentId: "dep_gone", modelName: "gone", keyHashes, entries: [{ nodeName: "other", url: "http://10.0.0.7:1" }] }]);
  await expect.poll(async () => ((await (await fetch(`http://${host}/v2/models/gone`, { headers: withKey(), redirect: "manual" })).json()) as { code: string }).code).toBe("moved");
  const whole = call();
  expect(await waits(whole)).toBe(true);
  whole.stream.end(messageFrame("ModelInfer", { model_name: "gone" }));
  expect(told(await whole.end)).toMatchObject({ code: status.NOT_FOUND, name: "moved" });
});

test("after all of it the ingress serves, and a stream of a known key as ever", async () => {
  await follow({});
  const stream = call(withKey(), "ModelStreamInfer");
  stream.stream.write(frame());
  stream.stream.end(frame());
  const { code, body } = await stream.end;
  expect([code, readFrames("ModelStreamInfer", body).length]).toEqual([status.OK, 2]);
});
