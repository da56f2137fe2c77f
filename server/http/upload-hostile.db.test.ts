// Files made to hurt, through the REST door: each is refused by name, the console goes on answering, and nothing is left behind.
import { readdir } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApiHandler } from "../api/create-api-handler.ts";
import { startTestConsole, type TestConsole } from "../api/testdata/test-console.ts";
import { listenProgress } from "../commands/run-operation.ts";
import { newId } from "../ids.ts";
import { valueInfo } from "../model/skeleton.ts";
import { MessageWriter } from "../model/wire-writer.ts";
import { createUploadHandler } from "./upload.ts";

const TIMEOUT_MS = 60_000;
let target: TestConsole;
beforeAll(async () => {
  target = await startTestConsole((deps) => [createUploadHandler(deps), createApiHandler(deps)], { maxUploadBytes: 96 * 1024 * 1024 });
});
afterAll(() => target?.stop());

type Files = { name: string; bytes: Uint8Array }[];
type Options = { outputType?: number; declared?: boolean; weights?: MessageWriter[]; outputs?: string[] };

function node(opType: string, inputs: string[], outputs: string[], attribute?: MessageWriter): MessageWriter {
  const message = new MessageWriter();
  for (const input of inputs) message.string(1, input);
  for (const output of outputs) message.string(2, output);
  message.string(4, opType);
  return attribute === undefined ? message : message.message(5, attribute);
}

function model(nodes: MessageWriter[], { outputType = 1, weights = [], outputs = ["y"], declared = true }: Options = {}): Uint8Array {
  const graph = new MessageWriter();
  for (const one of nodes) graph.message(1, one);
  for (const weight of weights) graph.message(5, weight);
  graph.message(11, valueInfo({ name: "x", elementType: 1, shape: [1, 4] }));
  for (const name of outputs) graph.message(12, declared ? valueInfo({ name, elementType: outputType, shape: [1, 4] }) : new MessageWriter().string(1, name));
  return wrap(graph.finish());
}

const wrap = (graph: Uint8Array) => new MessageWriter().integer(1, 10).message(8, new MessageWriter().string(1, "").integer(2, 21)).bytes(7, graph).finish();

function external(location: string, entries: [string, string][] = []): MessageWriter {
  const message = new MessageWriter().integer(1, 4).integer(2, 1).string(8, "w");
  for (const [key, value] of [["location", location], ...entries] as [string, string][]) message.message(13, new MessageWriter().string(1, key).string(2, value));
  return message.integer(14, 1);
}

const castTo = (elementType: number) => new MessageWriter().string(1, "to").integer(3, elementType).integer(20, 2);
const ADD = [node("Add", ["x", "w"], ["y"])];

function repeated(one: MessageWriter, count: number): Uint8Array {
  const message = new MessageWriter().message(1, one).finish();
  const graph = new Uint8Array(message.length * count);
  for (let index = 0; index < count; index++) graph.set(message, index * message.length);
  return wrap(graph);
}

function nested(depth: number): Uint8Array {
  let graph = new MessageWriter();
  for (let index = 0; index < depth; index++) graph = new MessageWriter().message(1, node("If", ["x"], ["y"], new MessageWriter().string(1, "then_branch").message(6, graph)));
  return wrap(graph.finish());
}

async function post(files: Files): Promise<{ status: number; body: { error: { code: string; place: string | null } } }> {
  const form = new FormData();
  for (const { name, bytes } of files) form.append("files", new Blob([Buffer.from(bytes)]), name);
  const answer = await fetch(`${target.url}/api/v1/models`, { method: "POST", body: form });
  return { status: answer.status, body: (await answer.json()) as { error: { code: string; place: string | null } } };
}

/** Files, folders, rows: what a refused upload must not change. */
async function everything(): Promise<unknown> {
  const { db } = target.deps;
  const entries = await readdir(path.join(target.dataFolder, "artifacts"), { recursive: true }).catch(() => []);
  // Empty folders by a digest's first two digits stay: they are no file of anybody's.
  return { entries: entries.filter((name) => !/^[0-9a-f]{2}$|^\.incoming$/.test(name)).sort(), artifacts: await db.artifact.count(), models: await db.model.count(), profiles: await db.profile.count(), segments: await db.segment.count() };
}

const HOSTILE: [what: string, files: () => Files, code: string, place: string | null][] = [
  ["noise", () => [{ name: "m.onnx", bytes: new Uint8Array(5000).fill(7) }], "not-onnx", "byte 0"],
  ["a checkpoint's archive", () => [{ name: "m.onnx", bytes: Uint8Array.from([0x50, 0x4b, 3, 4, 0, 0]) }], "not-onnx", "byte 0"],
  ["a million ops", () => [{ name: "m.onnx", bytes: repeated(node("Relu", ["x"], ["y"]), 1_000_000) }], "too-many-ops", "graph.node"],
  ["branches in branches", () => [{ name: "m.onnx", bytes: nested(2000) }], "too-deep", "byte"],
  ["a cycle", () => [{ name: "m.onnx", bytes: model([node("Relu", ["b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["x"], ["y"])]) }], "cycle", "graph.node[0]"],
  ["a missing tensor", () => [{ name: "m.onnx", bytes: model([node("Add", ["x", "ghost"], ["y"])]) }], "missing-tensor", "graph.node[0]"],
  ["weights at an absolute path", () => [{ name: "m.onnx", bytes: model(ADD, { weights: [external("/etc/passwd")] }) }], "external-path", "graph.initializer[0]"],
  ["weights outside of the folder", () => [{ name: "m.onnx", bytes: model(ADD, { weights: [external("data/../../secret")] }) }], "external-path", "graph.initializer[0]"],
  ["weights in a file that did not come", () => [{ name: "m.onnx", bytes: model(ADD, { weights: [external("w.bin")] }) }, { name: "other.bin", bytes: new Uint8Array(16) }], "external-missing", "graph.initializer"],
  ["weights past the end of their file", () => [{ name: "m.onnx", bytes: model(ADD, { weights: [external("w.bin", [["offset", "8"]])] }) }, { name: "w.bin", bytes: new Uint8Array(16) }], "external-size", "graph.initializer"],
  ["weights at an offset without end", () => [{ name: "m.onnx", bytes: model(ADD, { weights: [external("w.bin", [["offset", "99999999999999999999"]])] }) }, { name: "w.bin", bytes: new Uint8Array(16) }], "malformed", "byte"],
  ["an int4 output", () => [{ name: "m.onnx", bytes: model([node("Cast", ["x"], ["y"], castTo(22))], { outputType: 22 }) }], "unsupported-type", "graph.output[0]"],
  ["an int4 output that does not say so", () => [{ name: "m.onnx", bytes: model([node("Cast", ["x"], ["y"], castTo(22))], { declared: false }) }], "unsupported-type", "graph.output[0]"],
  ["a bfloat16 output", () => [{ name: "m.onnx", bytes: model([node("Cast", ["x"], ["y"], castTo(16))], { outputType: 16 }) }], "unsupported-type", "graph.output[0]"],
  ["a bfloat16 output that does not say so", () => [{ name: "m.onnx", bytes: model([node("Cast", ["x"], ["y"], castTo(16))], { declared: false }) }], "unsupported-type", "graph.output[0]"],
  ["an op that the runtime does not know", () => [{ name: "m.onnx", bytes: model([node("NoSuchOp", ["x"], ["y"])]) }], "runtime-refused", null],
];

for (const [what, files, code, place] of HOSTILE) {
  test(`${what}: refused by name, nothing left behind`, async () => {
    const before = await everything();
    const { status, body } = await post(files());
    expect({ status, code: body.error.code }).toEqual({ status: 422, code: "model-refused" });
    const told = await target.deps.db.event.findFirst({ where: { name: "model.refused" }, orderBy: { seq: "desc" } });
    expect(told?.payload).toMatchObject({ code });
    if (place !== null) expect(body.error.place).toContain(place);
    expect(await everything()).toEqual(before);
  }, TIMEOUT_MS);
}

test("a file's name never leads out of its folder", async () => {
  const before = await everything();
  for (const name of ["../m.onnx", "a/../../m.onnx", "/etc/m.onnx", "C:\\m.onnx", "a\\..\\m.onnx", "..", "a\u0000.onnx"]) {
    const answer = await fetch(`${target.url}/api/v1/models?fileName=${encodeURIComponent(name)}`, { method: "POST", body: Buffer.from(model([node("Relu", ["x"], ["y"])])) });
    expect({ name, status: answer.status, place: (await answer.json()).error.place }).toEqual({ name, status: 400, place: "fileName" });
  }
  expect(await everything()).toEqual(before);
});

test("the console answers others while it takes apart a model at the limit of ops", async () => {
  const before = await everything();
  const operationId = newId("opn");
  const nodes = Array.from({ length: 60_000 }, (_, index) => node("Relu", [index === 0 ? "x" : `v${index - 1}`], [index === 59_999 ? "y" : `v${index}`]));
  const analysing = new Promise<void>((resolve) => {
    const stop = listenProgress((progress) => {
      if (progress.operationId !== operationId || progress.step !== "analysing") return;
      stop();
      resolve();
    });
  });
  const upload = fetch(`${target.url}/api/v1/models?fileName=long.onnx`, { method: "POST", body: Buffer.from(model(nodes)), headers: { "x-operation-id": operationId } });
  await analysing;
  for (let count = 0; count < 20; count++) expect((await target.call("GET", "/api/v1/models")).status).toBe(200);
  expect((await target.call("GET", `/api/v1/operations/${operationId}`)).body.status).toBe("running");
  await target.call("POST", `/api/v1/operations/${operationId}/cancel`);
  expect((await upload).status).toBe(499);
  await expect.poll(everything, { timeout: TIMEOUT_MS }).toEqual(before);
}, TIMEOUT_MS);
