// Raw bodies through a deployment's processor: what is sent, what is a failure, what is right.
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Answer } from "../issue-queries.ts";
import { openTarget } from "../open-target.ts";
import { parseOptions } from "../parse-options.ts";
import { type LoadPlan, runLoad } from "../run-load.ts";
import { openProcessTarget, type RawSample } from "./process-target.ts";
import type { Target } from "./target.ts";

const servers: Server[] = [];
const targets: Target[] = [];
afterEach(async () => {
  for (const target of targets.splice(0)) target.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function start(answer: (body: Buffer, ...rest: Parameters<RequestListener>) => void): Promise<string> {
  const server = createServer((req, res) => {
    const pieces: Buffer[] = [];
    req.on("data", (piece: Buffer) => pieces.push(piece)).on("end", () => answer(Buffer.concat(pieces), req, res));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function open(baseUrl: string, samples: RawSample[], { timeoutMs = 20_000, headers = {} }: { timeoutMs?: number; headers?: Record<string, string> } = {}): Target {
  const target = openProcessTarget({ baseUrl, timeoutMs, headers, model: "mail filter/2", samples });
  targets.push(target);
  target.load(samples.map((_, i) => i));
  return target;
}

const send = (target: Target, sample = 0) => new Promise<Answer>((resolve) => target.send(sample, resolve));
const text = (words: string, expect?: string): RawSample => ({ bytes: Buffer.from(words), contentType: "text/plain", ...(expect === undefined ? {} : { expect }) });

test("a picture and a text are sent as they are, each as its kind, to the model's processor", async () => {
  const asked: unknown[] = [];
  const url = await start((body, { method, url: path, headers }, res) => {
    asked.push([method, path, headers["content-type"], headers["content-length"], headers.authorization, body.toString("hex")]);
    res.end('{"text":"ok"}');
  });
  const target = open(url, [{ bytes: Buffer.from([0x89, 0x50, 0, 0xff]), contentType: "image/png" }, text("ä")], { headers: { authorization: "Bearer k" } });
  expect([target.sampleCount, target.name]).toEqual([2, `${url} mail filter/2, processed`]);
  expect(await send(target, 0)).toEqual({ ok: true, data: Buffer.from('{"text":"ok"}') });
  await send(target, 1);
  expect(asked).toEqual([
    ["POST", "/v2/models/mail%20filter%2F2/process", "image/png", "4", "Bearer k", "895000ff"],
    ["POST", "/v2/models/mail%20filter%2F2/process", "text/plain", "2", "Bearer k", "c3a4"],
  ]);
});

test("an answer is right when it contains its label; without one nothing is known", async () => {
  const url = await start((body, _req, res) => res.end(JSON.stringify({ label: body.toString() })));
  const target = open(url, [text("spam", "spam"), text("ham", "spam"), text("ham")]);
  const judged = [];
  for (let i = 0; i < 3; i++) judged.push(target.judge(i, ((await send(target, i)) as { data: Uint8Array }).data));
  expect(judged).toEqual([true, false, null]);
});

test.each<[what: string, answer: Parameters<typeof start>[0], problem: string | RegExp]>([
  ["a body of the wrong kind", (_body, _req, res) => { res.statusCode = 415; res.end('{"error":"no picture"}'); }, 'status 415: {"error":"no picture"}'],
  ["a refusal", (_body, _req, res) => { res.statusCode = 429; res.end("later"); }, "status 429: later"],
  ["a processor that fails", (_body, _req, res) => { res.statusCode = 500; res.end("x".repeat(1000)); }, `status 500: ${"x".repeat(300)}`],
  ["an answer that ends within", (_body, _req, res) => { res.writeHead(200, { "content-length": "10" }); res.write("abc"); setImmediate(() => res.destroy()); }, /aborted|ended within|ECONNRESET/],
  ["a connection that ends", (_body, req) => req.socket.destroy(), /socket hang up|ECONNRESET/],
])("%s is a failed sample with a sentence", async (what, answer, problem) => {
  expect(await send(open(await start(answer), [text("a")]))).toEqual({ ok: false, problem: typeof problem === "string" ? problem : expect.stringMatching(problem), ...(what === "a refusal" ? { isRefused: true } : {}) });
});

test("a sample that is never answered has failed at its limit", async () => {
  const url = await start(() => undefined);
  expect(await send(open(url, [text("a")], { timeoutMs: 100 }))).toEqual({ ok: false, problem: "no whole answer within 100 ms" });
});

test("a run by the options: each listed sample once, the right ones counted; and a Server run over them", async () => {
  const url = await start((body, _req, res) => res.end(JSON.stringify({ text: body.toString().toUpperCase() })));
  const raw = [text("one", "ONE"), text("two", "TWO"), text("three", "nothing like it"), text("four")];
  const run = async (...args: string[]) => {
    const { target: where, plan } = parseOptions(["--target", url, "--model", "m", "--api", "process", "--data", "list.jsonl", ...args], undefined);
    const target = await openTarget(where, { data: null, raw });
    targets.push(target);
    return (await runLoad({ ...(plan as LoadPlan), settings: { ...(plan as LoadPlan).settings, minDurationMs: 500 } }, target)).report;
  };
  expect((await run("--scenario", "Offline", "--qps", "10", "--mode", "accuracy")).accuracy).toMatchObject({ asked: 4, labelled: 3, correct: 2 });
  const { failedCount, stats, verdict } = await run("--scenario", "Server", "--qps", "40", "--latency", "20000");
  expect([failedCount, verdict.isBoundMet, verdict.isEverythingAnswered]).toEqual([0, true, true]);
  expect(stats!.queryCount).toBeGreaterThan(1);
});

test("without bodies there is nothing to send, and that is said", () => {
  expect(() => parseOptions(["--scenario", "SingleStream", "--target", "http://127.0.0.1:1", "--model", "m", "--api", "process"], undefined)).toThrow("--api process needs bodies: give them with --file, once for each, or list them in --data.");
});

test.each<[what: string, status: number, body: string, words: RegExp | null]>([
  ["no processor", 404, "Request for unknown model: 'm.process' is not found", /^A text, a picture or a sound is for a model with a processor, which Cutplane serves as "m\.process": \S+ answers GET \/v2\/models\/m\.process with status 404/],
  ["one whose answers no label can be held against", 200, '{"parameters":{"processor":"text-detect"}}', /^What the processor text-detect of “m” answers is no text, class or embedding/],
  ["one that reads texts", 200, '{"parameters":{"processor":"ctc-text"}}', null],
  ["one that does not say", 200, "{}", null],
])("labelled samples ask first what is there: %s", async (_what, status, body, words) => {
  const asked: (string | undefined)[] = [];
  const url = await start((_body, { method, url: path }, res) => {
    asked.push(`${method} ${path}`);
    // Still being loaded when it is asked first.
    if (path?.endsWith("/ready")) res.writeHead(asked.length > 2 ? 200 : 503).end();
    else res.writeHead(status).end(body);
  });
  const { target: where } = parseOptions(["--scenario", "SingleStream", "--target", url, "--model", "m", "--api", "process", "--data", "list.jsonl"], undefined);
  const opened = openTarget(where, { data: null, raw: [{ ...text("a"), label: "a" }] });
  if (words === null) targets.push(await opened);
  else await expect(opened).rejects.toThrow(words);
  const ready = "GET /v2/models/m.process/ready";
  expect(asked).toEqual(["GET /v2/models/m.process", ...(words === null ? [ready, ready] : [])]);
});
