// What clients get at an address that a deployment was entered at before: REST goes on to the new one, gRPC and clients that follow nothing are told it.
import { createHash } from "node:crypto";
import { request as httpsRequest } from "node:https";
import { credentials, loadPackageDefinition, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import type { INamespace } from "protobufjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MovedRoute } from "../protocol/control.ts";
import type { IngressChild } from "../stage/testdata/test-nodes.ts";
import { sendRoute } from "../stage/testdata/test-pipeline.ts";
import { testTrust } from "../stage/testdata/test-trust.ts";
import descriptor from "./grpc/inference-service.json" with { type: "json" };
import { movedRefusal, redirectFor } from "./moved-refusal.ts";
import { ROUTE, type ServedModel, serveModel, WIDTH } from "./testdata/served-model.ts";

type Stub = { ModelInfer(request: object, metadata: Metadata, callback: (error: ServiceError | null) => void): void; close(): void };
const Service = (loadPackageDefinition(fromJSON(descriptor as INamespace, { keepCase: true })) as never as { inference: { GRPCInferenceService: new (target: string, secure: ReturnType<typeof credentials.createInsecure>, options?: object) => Stub } }).inference.GRPCInferenceService;
const key = "cpk_test";
const body = JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [1, 2, 3, 4] }] });
let served: ServedModel;
let moved: MovedRoute;

beforeAll(async () => {
  served = await serveModel();
  moved = { deploymentId: "dep_test", modelName: "tiny", entries: [{ nodeName: "server", url: served.url }], keyHashes: [createHash("sha256").update(key).digest("hex")] };
}, 180_000);
afterAll(() => served?.fleet.close());

const told = (ingress: IngressChild, routes: readonly MovedRoute[] = [moved]) => ingress.send({ type: "routes", routes: [], moved: routes });
const oldEntry = async (nodeId: string, options?: { host?: string; httpTls?: { keyPem: string; certificatePem: string } }) => {
  const ingress = await served.fleet.ingress(await served.fleet.node(nodeId), options);
  return { ingress, url: ingress.last("listening")!.url };
};

test("a client that follows redirects is served as if it had asked at the new address; one that does not is shown it", async () => {
  const { ingress, url } = await oldEntry("nod_old");
  told(ingress);
  const infer = (redirect: "manual" | "follow") => fetch(`${url}/v2/models/tiny/infer?mine=1`, { method: "POST", body, redirect });
  await expect.poll(async () => (await infer("manual")).status).toBe(308);
  const shown = await infer("manual");
  expect(shown.headers.get("location")).toBe(`${served.url}/v2/models/tiny/infer?mine=1`);
  // The protocol's own clients print this field, and look for its first words.
  expect(await shown.json()).toEqual({ code: "moved", error: `Request for unknown model: 'tiny' is not found here any more: its requests enter at ${served.url} (node server) now` });
  const followed = await infer("follow");
  expect([followed.status, ((await followed.json()) as { model_name: string }).model_name]).toEqual([200, "tiny"]);
  expect((await fetch(`${url}/v2/models/tiny`, { redirect: "manual" })).status).toBe(308);
  expect((await fetch(`${url}/v2/models/other/infer`, { method: "POST", body })).status).toBe(404);
  expect((await fetch(`${url}/v2/health/ready`)).status).toBe(503);
  told(ingress, []);
  await expect.poll(async () => (await infer("manual")).status).toBe(404);
});

test("while the old entry still answers what it had let in, new requests are told already; once it is entered here again, they are served", async () => {
  const { ingress, url } = await oldEntry("nod_back");
  const stillHere = (currentEpoch: number | null) => sendRoute(ingress, [], { ...ROUTE, currentEpoch }, null, [moved]);
  stillHere(null);
  const ready = async () => (await fetch(`${url}/v2/models/tiny/ready`, { redirect: "manual" })).status;
  await expect.poll(ready).toBe(308);
  stillHere(1);
  // It has no pipeline here: not ready, but its own again.
  await expect.poll(ready).toBe(503);
});

test("over gRPC the call ends with NOT_FOUND, the new address in its words and beside them", async () => {
  const { ingress, url } = await oldEntry("nod_grpc");
  told(ingress);
  await expect.poll(async () => (await fetch(`${url}/v2/models/tiny`, { redirect: "manual" })).status).toBe(308);
  const stub = new Service(new URL(url).host, credentials.createInsecure());
  const error = await new Promise<ServiceError | null>((resolve) => stub.ModelInfer({ model_name: "tiny", inputs: [] }, new Metadata(), resolve));
  expect(error).toMatchObject({ code: status.NOT_FOUND, details: expect.stringContaining(served.url) });
  expect(error?.metadata.get("cutplane-moved-to")).toEqual([served.url]);
  stub.close();
});

test("beyond loopback only a key of the deployment is told, and nobody is led from TLS to plain text", async () => {
  const trust = await testTrust();
  const { ingress, url } = await oldEntry("nod_tls", { host: "0.0.0.0", httpTls: await trust.node("edge.example") });
  told(ingress);
  const ask = (authorization: string) => new Promise<{ status?: number; location?: string; text: string }>((resolve, reject) => {
    httpsRequest({ host: "127.0.0.1", port: new URL(url).port, path: "/v2/models/tiny", ca: trust.caPem, servername: "edge.example", agent: false, headers: { authorization } }, (answer) => {
      let text = "";
      answer.on("data", (part: Buffer) => { text += part; }).on("end", () => resolve({ status: answer.statusCode, location: answer.headers.location, text }));
    }).on("error", reject).end();
  });
  await expect.poll(async () => (await ask(`Bearer ${key}`)).status).toBe(404);
  const known = await ask(`Bearer ${key}`);
  expect([known.location, known.text]).toEqual([undefined, expect.stringContaining(served.url)]);
  const stranger = await ask("Bearer wrong");
  expect([stranger.status, stranger.text.includes(served.url)]).toEqual([401, false]);
});

test.each([
  [["http://10.0.0.2:9000"], { isTls: false, isLoopback: false }, "/v2/models/m/infer", "http://10.0.0.2:9000/v2/models/m/infer"],
  [["http://127.0.0.1:9000"], { isTls: false, isLoopback: false }, "/v2/models/m", null],
  [["http://[::1]:9000"], { isTls: false, isLoopback: false }, "/v2/models/m", null],
  [["http://127.0.0.1:9000"], { isTls: false, isLoopback: true }, "/v2/models/m", "http://127.0.0.1:9000/v2/models/m"],
  [["http://10.0.0.2:9000", "https://10.0.0.3:9000"], { isTls: true, isLoopback: false }, "/v2/models/m", "https://10.0.0.3:9000/v2/models/m"],
  [["http://10.0.0.2:9000"], { isTls: false, isLoopback: false }, "http://elsewhere/v2/models/m", null],
])("redirect to the best of %j for one that listens %j", (urls, here, target, expected) => {
  const refusal = movedRefusal({ deploymentId: "d", modelName: "m", entries: urls.map((url) => ({ nodeName: "n", url })), keyHashes: [] });
  expect(redirectFor(refusal, here, target)).toBe(expected);
});
