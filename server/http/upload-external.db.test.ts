// A model whose weights lie in a file beside it, through the REST door: import, cut, and its segments held against the whole.
import { readdir } from "node:fs/promises";
import { request } from "node:http";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApiHandler } from "../api/create-api-handler.ts";
import { startTestConsole, type TestConsole } from "../api/testdata/test-console.ts";
import { compareSegments } from "../commands/compare-segments.ts";
import { prepareSegments } from "../commands/prepare-segments.ts";
import { MAX_MODEL_BYTES } from "../model/onnx-proto.ts";
import { buildLlama } from "../model/synthetic/llama.ts";
import { findModel, type StoredModel } from "../store/models.ts";
import { createUploadHandler } from "./upload.ts";

const TIMEOUT_MS = 60_000;
const LOCATION = "data/weights.bin";
let target: TestConsole;
beforeAll(async () => {
  target = await startTestConsole((deps) => [createUploadHandler(deps), createApiHandler(deps)], { maxUploadBytes: 64 * 2 ** 30 });
});
afterAll(() => target?.stop());

function madeModel(): { file: Blob; data: Blob } {
  const file: Uint8Array<ArrayBuffer>[] = [];
  const data: Uint8Array<ArrayBuffer>[] = [];
  buildLlama({ layers: 2, hidden: 64, heads: 4, feedForward: 96, vocabulary: 200, seed: 2 }).write((chunk) => file.push(chunk.slice()), { location: LOCATION, sink: (chunk) => data.push(chunk.slice()) });
  return { file: new Blob(file), data: new Blob(data) };
}

async function post(parts: [name: string, body: Blob][]) {
  const form = new FormData();
  for (const [name, body] of parts) form.append("files", body, name);
  const answer = await fetch(`${target.url}/api/v1/models`, { method: "POST", body: form });
  return { status: answer.status, body: (await answer.json()) as { model: { id: string; digest: string; bytes: number }; existed: boolean; error: { code: string; message: string } } };
}

const stored = async () => (await readdir(path.join(target.dataFolder, "artifacts"), { recursive: true })).map((name) => path.basename(name)).filter((name) => /^[0-9a-f]{64}$|inspect/.test(name));

test("data first or model first, under a folder's name: imported, cut, compared, deleted whole", async () => {
  const { file, data } = madeModel();
  expect(await post([["llama.onnx", file]])).toMatchObject({ status: 422, body: { error: { code: "model-refused", message: expect.stringContaining(LOCATION) } } });
  const made = await post([[LOCATION, data], ["llama.onnx", file]]);
  expect(made).toMatchObject({ status: 201, body: { model: { bytes: file.size + data.size } } });
  expect(await post([["llama.onnx", file], [LOCATION, data]])).toMatchObject({ status: 200, body: { existed: true } });
  const model = (await findModel(target.deps.db, made.body.model.id)) as StoredModel;
  expect(model.facts.externalFiles).toMatchObject([{ fileName: LOCATION, bytes: data.size }]);
  expect(model.facts.fileBytes).toBe(file.size);
  const legal = model.facts.cuts.filter((cut) => cut.legal);
  const cut = (legal[Math.floor(legal.length / 2)] as (typeof legal)[number]).index + 1;
  const segments = await prepareSegments(target.deps, model.id, [{ from: 0, to: cut }, { from: cut, to: model.facts.layers.length }]);
  for (const segment of segments) expect(segment.files.map((one) => [one.fileName, one.digest])).toEqual([["weights-1.bin", model.facts.externalFiles[0]?.digest]]);
  const { parity } = await compareSegments(target.deps, model, segments);
  expect(parity).toMatchObject({ status: "equal" });
  expect((await target.call("DELETE", `/api/v1/models/${model.id}`)).status).toBe(200);
  expect(await stored()).toEqual([]);
}, TIMEOUT_MS);

test("one file past protobuf's 2 GiB is refused before its first byte, with the way to save it", async () => {
  const answer = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    const upload = request(`${target.url}/api/v1/models?fileName=huge.onnx`, { method: "POST", headers: { "content-length": String(MAX_MODEL_BYTES + 1) } }, (response) => {
      let body = "";
      response.on("data", (chunk) => { body += chunk; });
      response.on("end", () => {
        upload.destroy();
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
    upload.on("error", reject);
    upload.flushHeaders();
  });
  expect(answer.status).toBe(413);
  expect(JSON.parse(answer.body)).toMatchObject({ error: { code: "too-large", message: expect.stringContaining("2 GiB"), fix: expect.stringContaining("external data") } });
  expect(await stored()).toEqual([]);
});
