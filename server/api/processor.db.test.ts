// A processor declared by a script: tried with its files before it is taken, refused in words, recorded with who declared it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createUploadHandler } from "../http/upload.ts";
import { valueInfo } from "../model/skeleton.ts";
import { MessageWriter } from "../model/wire-writer.ts";
import { createApiHandler } from "./create-api-handler.ts";
import { startTestConsole, type TestConsole } from "./testdata/test-console.ts";

const TIMEOUT_MS = 60_000;
let target: TestConsole;
let picture: string;
let text: string;
let digests: Record<string, string>;

/** One op from "x" to "y". */
function oneOp(opType: string, x: { elementType: number; shape: (number | string)[] }, attribute?: MessageWriter): Uint8Array {
  const node = new MessageWriter().string(1, "x").string(2, "y").string(4, opType);
  if (attribute) node.message(5, attribute);
  const graph = new MessageWriter().message(1, node).message(11, valueInfo({ name: "x", ...x })).message(12, new MessageWriter().string(1, "y"));
  return new MessageWriter().integer(1, 10).message(8, new MessageWriter().string(1, "").integer(2, 21)).message(7, graph).finish();
}

beforeAll(async () => {
  target = await startTestConsole((deps) => [createUploadHandler(deps), createApiHandler(deps)]);
  const upload = async (name: string, bytes: Uint8Array) => ((await (await fetch(`${target.url}/api/v1/models?name=${name}`, { method: "POST", body: Buffer.from(bytes) })).json()) as { model: { id: string } }).model.id;
  picture = await upload("picture", oneOp("GlobalAveragePool", { elementType: 1, shape: ["n", 3, 8, 12] }));
  text = await upload("text", oneOp("Cast", { elementType: 7, shape: [1, "tokens"] }, new MessageWriter().string(1, "to").integer(3, 1).integer(20, 2)));
  const keep = async (name: string, body: string) => ((await (await fetch(`${target.url}/api/v1/files/processor?name=${name}`, { method: "PUT", body })).json()) as { digest: string }).digest;
  digests = {
    "labels.txt": await keep("labels.txt", "cat\ndog\nbird\n"),
    "broken.json": await keep("broken.json", "{"),
    "vocabulary.json": await keep("vocabulary.json", JSON.stringify([...["<unk>", "<1>", "<2>", "<3>", "<4>", "<5>"].map((piece) => [piece, 0]), ["\u2581", -2], ["a", -3], ["\u2581a", -1]])),
  };
}, TIMEOUT_MS);
afterAll(() => target?.stop());

const files = (...names: string[]) => names.map((name) => ({ name, digest: digests[name] }));
const declare = (model: string, processor: object | null, ...names: string[]) => target.call("PUT", `/api/v1/models/${model}/processor`, { processor, files: files(...names) });

test("a user's own picture model: mean, size, layout and a label file", async () => {
  const processor = { kind: "image-classify", labelsFile: "labels.txt", width: 12, height: 8, layout: "NCHW", channels: "bgr", mean: [0.1, 0.2, 0.3], std: [1], scale: 1, fit: "stretch" };
  expect(await declare(picture, processor, "labels.txt")).toMatchObject({ status: 200, body: { processor, processorFiles: [{ name: "labels.txt", digest: digests["labels.txt"] }] } });
  const [last] = (await target.call("GET", "/api/v1/events?limit=1")).body.events;
  expect(last).toMatchObject({ name: "model.changed", subjectId: picture, actor: "api:test" });
  // Its size comes from the model where none is given; files stay where none are named.
  expect(await target.call("PUT", `/api/v1/models/${picture}/processor`, { processor: { kind: "image-classify", labelsFile: "labels.txt" } })).toMatchObject({ status: 200 });
}, TIMEOUT_MS);

test("a user's own text model: a tokenizer's vocabulary", async () => {
  expect(await declare(text, { kind: "text-embed", vocabularyFile: "vocabulary.json", idsInput: "x" }, "vocabulary.json")).toMatchObject({ status: 200 });
  expect(await declare(text, null)).toMatchObject({ status: 200, body: { processor: null, processorFiles: [] } });
}, TIMEOUT_MS);

test("what no ingress could load is refused by name, and nothing changes", async () => {
  const { body: before } = await target.call("GET", `/api/v1/models/${picture}`);
  const wrong: [object, string[], RegExp][] = [
    [{ kind: "image-clasify" }, [], /no processor kind "image-clasify"; there are: /],
    [{ kind: "image-classify", topk: 3 }, [], /no option "topk"; it has: .*topK/],
    [{ kind: "image-classify", topK: "many" }, [], /"topK" must be a whole number from 1 to 1000/],
    [{ kind: "image-classify", std: [0] }, [], /"std" must not hold 0/],
    [{ kind: "image-classify", labelsFile: "labels.txt" }, [], /"labels.txt", which is not among its files/],
    [{ kind: "image-classify", channels: "gray" }, [], /shape \[n, 3, 8, 12\], the pictures are \[1, 1, 8, 12\]/],
    [{ kind: "image-classify", width: 224, height: 224 }, [], /the pictures are \[1, 3, 224, 224\]/],
    [{ kind: "image-classify", layout: "NHWC" }, [], /the pictures are \[1, 3, 8, 3\]/],
    [{ kind: "text-embed", tokenizerFile: "broken.json" }, ["broken.json"], /input "x" is float32|tokenizer's file cannot be used/],
  ];
  for (const [processor, names, message] of wrong) {
    const answer = await declare(picture, processor, ...names);
    expect(answer).toMatchObject({ status: 400, body: { error: { code: "bad-request", place: "processor", message: expect.stringMatching(message) } } });
  }
  expect(await target.call("PUT", `/api/v1/models/${picture}/processor`, { processor: { kind: "image-tensor" }, files: [{ name: "a", digest: "0".repeat(64) }] })).toMatchObject({ status: 400, body: { error: { place: "files" } } });
  expect((await target.call("GET", `/api/v1/models/${picture}`)).body).toEqual(before);
}, TIMEOUT_MS);
