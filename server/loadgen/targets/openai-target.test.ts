// Accuracy runs against OpenAI's API: what is asked, what the answers are graded by, what is refused before anything is sent.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { LoadReport } from "../method/load-report.ts";
import { ended, startProgram } from "../testdata/start-program.ts";

let folder: string;
const servers: Server[] = [];
beforeAll(() => { folder = mkdtempSync(path.join(tmpdir(), "loadgen-openai-")); });
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Asked = { path: string; body: Record<string, unknown> };

async function start(answer: (asked: Asked) => { status?: number; body: string }): Promise<{ url: string; heard: Asked[] }> {
  const heard: Asked[] = [];
  const server = createServer((req, res) => {
    const pieces: Buffer[] = [];
    req.on("data", (piece: Buffer) => pieces.push(piece)).on("end", () => {
      const asked = { path: req.url ?? "", body: JSON.parse(Buffer.concat(pieces).toString()) as Record<string, unknown> };
      heard.push(asked);
      const { status = 200, body } = answer(asked);
      res.writeHead(status, { "content-type": status === 200 && asked.body.stream ? "text/event-stream" : "application/json" }).end(body);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, heard };
}

async function run(api: string, url: string, rows: readonly object[]) {
  const data = path.join(folder, "data.jsonl");
  writeFileSync(data, rows.map((row) => JSON.stringify(row)).join("\n"));
  const { code, stdout, stderr } = await ended(startProgram("server/loadgen/main.ts", ["--scenario", "Offline", "--qps", "1", "--mode", "accuracy", "--target", url, "--model", "theirs", "--api", api, "--data", data, "--json"]));
  return { code, stderr, report: stdout === "" ? null : (JSON.parse(stdout) as LoadReport) };
}

const base64 = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer).toString("base64");
const list = (embedding: unknown) => JSON.stringify({ object: "list", data: [{ index: 0, embedding }], model: "theirs" });
const streamed = (...pieces: string[]) => `${pieces.map((content) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`).join("")}data: [DONE]\n\n`;

test("embeddings, as base64 or as numbers, are told by the other samples of each label", async () => {
  // East is "a", north is "b"; "c 3" is called "a" and lies in the north.
  const places: Record<string, [number, number]> = { "a 1": [1, 0], "a 2": [2, 0.1], "b 1": [0, 1], "b 2": [0.1, 1], "c 3": [0, 2] };
  const { url, heard } = await start(({ body }) => {
    const [x, y] = places[body.input as string]!;
    return { body: list(String(body.input).startsWith("a") ? base64(x, y) : [x, y]) };
  });
  const rows = Object.keys(places).map((text) => ({ text, label: text.startsWith("b") ? "b" : "a" }));
  const { code, report, stderr } = await run("openai-embeddings", url, rows);
  expect(stderr).toMatch(/Accuracy: 4 of 5 labelled answers are right/);
  expect(code).toBe(0);
  expect(report?.accuracy?.graded).toMatchObject({ rule: "embedding", outcomes: "rrrrw", wrong: [{ sample: 4, expected: "a", got: "b" }] });
  expect(heard.map((one) => one.path)).toEqual(new Array(5).fill("/v1/embeddings"));
  expect(heard.map(({ body }) => body.input).sort()).toEqual(Object.keys(places));
  expect(heard[0]?.body).toMatchObject({ model: "theirs", encoding_format: "base64" });
});

test("chat: the whole streamed text is the answer; a whole request is sent as it is; who is refused is told apart", async () => {
  const { url, heard } = await start(({ body }) => {
    const [{ content }] = body.messages as [{ content: string }];
    return content === "busy" ? { status: 429, body: "later" } : { body: streamed("the ", content.toUpperCase(), " ") };
  });
  const { report } = await run("openai-chat", url, [{ text: "cat", label: "the CAT" }, { text: "dog", label: "the CAT" }, { request: { messages: [{ role: "user", content: "cow" }], max_tokens: 3 }, label: "the COW" }, { text: "busy", label: "the BUSY" }]);
  expect(report?.accuracy?.graded).toMatchObject({ rule: "text", outcomes: "rwrf", failedCount: 1, refusedCount: 1, wrong: [{ sample: 1, expected: "the CAT", got: "the DOG " }, { sample: 3, why: "status 429: later" }] });
  expect(heard.find(({ body }) => body.max_tokens === 3)?.body).toMatchObject({ temperature: 0, stream: true, model: "theirs" });
});

test("completions take a text as their prompt", async () => {
  const { url } = await start(({ body }) => ({ body: streamed(String(body.prompt).toUpperCase()) }));
  expect((await run("openai-completions", url, [{ text: "a", label: "A" }, { text: "b", label: "A" }])).report?.accuracy).toMatchObject({ asked: 2, correct: 1 });
});

test.each<[what: string, api: string, rows: object[], words: RegExp]>([
  ["tensors", "openai-embeddings", [{ inputs: [{ name: "x", datatype: "FP32", shape: [1], data: [1] }], label: 1 }], /line 1: tensors are not for OpenAI's API/],
  ["a picture", "openai-chat", [{ base64: "iVBORw0KGgo=", label: "a" }], /line 1: a picture or a sound is not for OpenAI's chat/],
  ["a number where a text is answered", "openai-chat", [{ text: "a", label: "A" }, { text: "2+2?", label: 4 }], /line 2: OpenAI's chat answers a text: its label must be one, in quotes/],
  ["embeddings of one label", "openai-embeddings", [{ text: "a", label: "x" }, { text: "b", label: "x" }], /The data has 1 different labels: embeddings are told apart by 2 to 100/],
  ["a label that stands alone", "openai-embeddings", [{ text: "a", label: "x" }, { text: "b", label: "x" }, { text: "c", label: "y" }], /The data has one sample only of the label "y"/],
])("%s: refused before anything is sent", async (_what, api, rows, words) => {
  const { url, heard } = await start(() => ({ body: "{}" }));
  const { code, stderr } = await run(api, url, rows);
  expect([code, stderr]).toEqual([1, expect.stringMatching(words)]);
  expect(heard).toEqual([]);
});
