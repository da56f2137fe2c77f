// Program: a synthetic system under test. Answers the Open Inference Protocol and OpenAI's streams with known delays; it computes nothing, and no figure of it is one of a model.
//   synthetic-sut.ts [--port 0] [--delay 5] [--servers 1] [--pause-at 2000 --pause-for 1000] [--fail-every 100] [--reuse]
// First come, first served by `servers`; each takes `delay` ms. --reuse answers an input it has seen at once: what a check for reuse must find. Its URL is the first line of standard output.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" }, delay: { type: "string", default: "5" }, servers: { type: "string", default: "1" }, "pause-at": { type: "string" }, "pause-for": { type: "string", default: "1000" },
    "fail-every": { type: "string", default: "0" }, reuse: { type: "boolean", default: false },
  },
});
const delayMs = Number(values.delay);
const freeMs = new Array<number>(Number(values.servers)).fill(0);
const failEvery = Number(values["fail-every"]);
const seen = new Set<string>();
let count = 0;
let firstMs: number | null = null;
const MAX_BODY_BYTES = 64 * 2 ** 20;
const TOKENS = 5;

/** When a request that comes now is done. The pause counts from the first request. */
function doneAtMs(digest: string): number {
  const nowMs = performance.now();
  firstMs ??= nowMs;
  if (values.reuse && seen.has(digest)) return nowMs;
  seen.add(digest);
  const server = freeMs.indexOf(Math.min(...freeMs));
  let startMs = Math.max(nowMs, freeMs[server]!);
  if (values["pause-at"] !== undefined) {
    const [from, to] = [firstMs + Number(values["pause-at"]), firstMs + Number(values["pause-at"]) + Number(values["pause-for"])];
    if (startMs >= from && startMs < to) startMs = to;
  }
  freeMs[server] = startMs + delayMs;
  return freeMs[server]!;
}

/** Never before its time: a timer may fire a little early. */
function at(ms: number, act: () => void): void {
  const left = ms - performance.now();
  if (left <= 0) act();
  else setTimeout(() => at(ms, act), Math.ceil(left));
}

const server = createServer((req, res) => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  req.on("data", (piece: Buffer) => {
    bytes += piece.length;
    if (bytes > MAX_BODY_BYTES) req.destroy();
    pieces.push(piece);
  });
  req.on("end", () => answer(req, res, Buffer.concat(pieces)));
});

function answer(req: IncomingMessage, res: ServerResponse, body: Buffer): void {
  const url = req.url ?? "/";
  if (url === "/v2") return json(res, 200, { name: "synthetic", version: "1", extensions: ["binary_tensor_data"] });
  if (/^\/v2\/models\/[^/]+$/.test(url)) return json(res, 200, { name: "delay", versions: ["1"], inputs: [{ name: "x", datatype: "FP32", shape: [-1, 4] }], outputs: [{ name: "y", datatype: "FP32", shape: [-1, 4] }] });
  if (req.method !== "POST") return json(res, 404, { error: `there is nothing at ${url}` });
  // The id differs between requests that are equal otherwise; the tensors follow the JSON.
  const headerBytes = Number(req.headers["inference-header-content-length"] ?? 0);
  const doneMs = doneAtMs(createHash("sha256").update(body.subarray(headerBytes)).digest("hex"));
  if (failEvery > 0 && ++count % failEvery === 0) return at(doneMs, () => json(res, 500, { error: "asked to fail" }));
  if (url.endsWith("/completions")) return at(doneMs, () => stream(res));
  at(doneMs, () => json(res, 200, { model_name: "delay", outputs: [{ name: "y", datatype: "FP32", shape: [1, 4], data: [0, 0, 0, 0] }] }));
}

function stream(res: ServerResponse): void {
  res.writeHead(200, { "content-type": "text/event-stream" });
  let sent = 0;
  const one = () => {
    if (sent++ < TOKENS) {
      res.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: `t${sent} ` } }] })}\n\n`);
      return at(performance.now() + delayMs, one);
    }
    res.end(`data: ${JSON.stringify({ choices: [], usage: { completion_tokens: TOKENS } })}\n\ndata: [DONE]\n\n`);
  };
  one();
}

function json(res: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  res.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  res.end(text);
}

server.listen(Number(values.port), "127.0.0.1", () => process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`));
process.on("SIGTERM", () => process.exit(0));
