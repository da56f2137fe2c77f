// Keys of one deployment that may ask different amounts, over REST and gRPC.
import { createHash } from "node:crypto";
import { type Client, credentials, loadPackageDefinition, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import type protobuf from "protobufjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { IngressRoute } from "../protocol/control.ts";
import { periodEndMs, periodOf } from "../protocol/quota-period.ts";
import { sendRoute } from "../stage/testdata/test-pipeline.ts";
import descriptor from "./grpc/inference-service.json" with { type: "json" };
import { ROUTE, type ServedModel, serveModel, WIDTH } from "./testdata/served-model.ts";

type Infer = { ModelInfer(request: object, metadata: Metadata, callback: (error: ServiceError | null) => void): void };
const Service = (loadPackageDefinition(fromJSON(descriptor as protobuf.INamespace, { keepCase: true })) as never as { inference: { GRPCInferenceService: new (target: string, secure: ReturnType<typeof credentials.createInsecure>) => Client & Infer } }).inference.GRPCInferenceService;
const hashOf = (key: string) => createHash("sha256").update(key).digest("hex");
const [LARGE, SMALL, PLAIN] = ["cpk_large", "cpk_small", "cpk_plain"];
const keyHashes = [LARGE, SMALL, PLAIN].map(hashOf);
const body = JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [1, 2, 3, 4] }] });
const limits = (burst: number) => ({ requestsPerSecond: 0.001, burst, maxInFlight: 8 });

let served: ServedModel;
let url = "";
let stub: Client & Infer;
beforeAll(async () => {
  served = await serveModel({ host: "0.0.0.0", route: { keyHashes } });
  const { port } = new URL(served.url);
  url = `http://127.0.0.1:${port}`;
  stub = new Service(`127.0.0.1:${port}`, credentials.createInsecure());
}, 180_000);
afterAll(async () => { stub?.close(); await served?.fleet.close(); });

const ask = (key: string) => fetch(`${url}/v2/models/tiny/infer`, { method: "POST", body, headers: { authorization: `Bearer ${key}` } });
const askGrpc = (key: string) => new Promise<ServiceError | null>((resolve) => {
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${key}`);
  stub.ModelInfer({ model_name: "tiny", inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], contents: { fp32_contents: [1, 2, 3, 4] } }] }, metadata, resolve);
});
const statuses = async (key: string, times: number) => { const all: number[] = []; for (let time = 0; time < times; time++) all.push((await ask(key)).status); return all; };
/** Another name tells when the ingress has the route. */
const follow = async (route: Partial<IngressRoute>) => {
  sendRoute(served.ingress, [served.pipeline], { ...ROUTE, keyHashes, ...route, modelName: "other" });
  await expect.poll(async () => (await fetch(`${url}/v2/models/other`, { headers: { authorization: `Bearer ${PLAIN}` } })).status).toBe(200);
  sendRoute(served.ingress, [served.pipeline], { ...ROUTE, keyHashes, ...route });
  await expect.poll(async () => (await fetch(`${url}/v2/models/tiny`, { headers: { authorization: `Bearer ${PLAIN}` } })).status).toBe(200);
};

test("a key's own limits take the place of the deployment's; what is refused says when to come again, and metrics say by which limit", async () => {
  await follow({ keyLimits: limits(2), ownKeys: { [hashOf(LARGE)]: { limits: limits(5) }, [hashOf(SMALL)]: { limits: limits(1) } } });
  expect(await statuses(PLAIN, 3)).toEqual([200, 200, 429]);
  expect(await statuses(LARGE, 4)).toEqual([200, 200, 200, 200]);
  expect(await statuses(SMALL, 2)).toEqual([200, 429]);
  // REST and gRPC draw on the same.
  expect(await askGrpc(LARGE)).toBeNull();
  for (const key of [LARGE, SMALL, PLAIN]) {
    const error = (await askGrpc(key))!;
    expect([error.code, error.metadata.get("cutplane-code")]).toEqual([status.RESOURCE_EXHAUSTED, ["key_limit"]]);
    expect(Number(error.metadata.get("retry-after")[0])).toBeGreaterThan(100);
  }
  const refused = await ask(SMALL);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(100);
  expect(await refused.json()).toMatchObject({ code: "key_limit", error: expect.stringMatching(/may send 0.001 requests a second/) });
  const metrics = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${PLAIN}` } })).text();
  expect(metrics).toMatch(/cutplane_ingress_key_refused_total\{[^}]*reason="rate"\} 6\n/);
  for (const secret of [LARGE, SMALL, PLAIN, ...keyHashes]) expect(metrics).not.toContain(secret);
});

test("a key may be limited where the others are not", async () => {
  await follow({ ownKeys: { [hashOf("cpk_small")]: { limits: limits(1) } } });
  expect(await statuses(PLAIN, 9)).toEqual(Array(9).fill(200));
  expect((await statuses(SMALL, 2)).at(-1)).toBe(429);
});

test("a quota that is used up is refused until its period ends, over REST and gRPC, and only for its key", async () => {
  const now = Date.now();
  const spent = { per: "month", requests: 10, period: periodOf("month", now), lifeId: null, upTo: 0, share: 0, first: 10 } as const;
  await follow({ ownKeys: { [hashOf(SMALL)]: { keyId: "crd_small", quotas: [spent] }, [hashOf(LARGE)]: { keyId: "crd_large", quotas: [{ ...spent, share: 3 }] } } });
  expect(await statuses(LARGE, 3)).toEqual([200, 200, 200]);
  expect(await askGrpc(PLAIN)).toBeNull();
  for (const key of [SMALL, LARGE]) {
    const refused = await ask(key);
    const seconds = Number(refused.headers.get("retry-after"));
    expect([refused.status, await refused.json()]).toMatchObject([429, { code: "key_quota", error: expect.stringMatching(/quota of 10 requests a month/) }]);
    expect(Math.abs(now / 1000 + seconds - periodEndMs("month", now) / 1000)).toBeLessThan(600);
    const error = (await askGrpc(key))!;
    expect([error.code, error.metadata.get("cutplane-code"), error.metadata.get("retry-after").length]).toEqual([status.RESOURCE_EXHAUSTED, ["key_quota"], 1]);
  }
  await served.ingress.until("counts", (child) => child.last("sample")?.keyCounts.some(({ keyId, requests }) => keyId === "crd_large" && requests === 3) === true);
});
