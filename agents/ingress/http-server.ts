// Owns the HTTP side of an ingress: Open Inference Protocol v2, the processor's endpoint, metrics, keys, limits. What a request's tensors go
// through is the routes' business.
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { WireError, type WireErrorCode } from "../protocol/wire-error.ts";
import { BadRequest, checkInputs, formatInfer, OIP_NAMES, parseInfer } from "./oip.ts";
import { ingressMetrics } from "./ingress-metrics.ts";
import { processRequest } from "./process-request.ts";
import { ProcessorRefusal } from "./processor-runner.ts";
import type { RouteRuntime } from "./route-runtime.ts";

/** HTTP connections at once. */
const MAX_CONNECTIONS = 2048;
/** Bodies being read, across all requests: bounds memory before a request counts as in flight. */
const MAX_BODY_BYTES_BEING_READ = 512 * 1024 * 1024;

export type HttpOptions = {
  routes(): RouteRuntime[];
  /** Beyond loopback every request but liveness needs a key. */
  needsKey: boolean;
  httpTls: { keyPem: string; certificatePem: string } | null;
  version: string;
};
/** An answer that is not 200. */
export class HttpRefusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds: number | null;
  constructor(status: number, code: string, message: string, retryAfterSeconds: number | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const STATUS_OF: Partial<Record<WireErrorCode, number>> = {
  too_large: 413, not_allowed: 502, overloaded: 429, deadline: 504, cancelled: 499, bad_tensors: 400, stream_unknown: 409, stream_out_of_order: 409,
  stream_limit: 429, stream_lost: 409, unknown_lane: 503, old_epoch: 503, draining: 503, not_linked: 503, link_lost: 503, going_away: 503, silent: 503,
};

export function createIngressServer(options: HttpOptions): Server {
  const reading = { bytes: 0 };
  const handler = (req: IncomingMessage, res: ServerResponse) => {
    handle(req, res, options, reading).catch((error: Error) => sendError(req, res, error));
  };
  const settings = { keepAliveTimeout: 65_000, headersTimeout: 20_000, requestTimeout: 300_000, noDelay: true };
  const server = options.httpTls ? createHttps({ ...settings, key: options.httpTls.keyPem, cert: options.httpTls.certificatePem, minVersion: "TLSv1.2" }, handler) : createHttp(settings, handler);
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

async function handle(req: IncomingMessage, res: ServerResponse, options: HttpOptions, reading: { bytes: number }): Promise<void> {
  const path = decodePath(req.url ?? "/");
  const method = req.method ?? "GET";
  if (path === "/v2/health/live") return sendJson(res, 200, { live: true });
  const routes = options.routes();
  if (path === "/v2/health/ready") {
    const ready = routes.length > 0 && routes.every((route) => route.ready);
    return sendJson(res, ready ? 200 : 503, { ready }, ready ? {} : { "retry-after": "1" });
  }
  if (path === "/v2" || path === "/v2/") return sendJson(res, 200, { name: "cutplane", version: options.version, extensions: ["binary_tensor_data", "sequence", "process"] });
  if (path === "/metrics") {
    if (options.needsKey) demandKey(req, routes);
    res.writeHead(200, { "content-type": "text/plain; version=0.0.4" });
    return void res.end(ingressMetrics(routes));
  }
  const match = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(ready|infer|process))?$/.exec(path);
  if (!match) throw new HttpRefusal(404, "not_found", `there is nothing at ${path}`);
  const route = routes.find((candidate) => candidate.route.modelName === match[1]);
  if (options.needsKey) demandKey(req, route ? [route] : routes);
  if (!route) throw new HttpRefusal(404, "unknown_model", `there is no model "${match[1]}" here`);
  if (match[2] !== undefined && match[2] !== "1") throw new HttpRefusal(404, "unknown_version", `model "${match[1]}" has version 1 only`);
  const action = match[3] ?? "";
  const wantedMethod = action === "infer" || action === "process" ? "POST" : "GET";
  if (method !== wantedMethod && !(method === "HEAD" && wantedMethod === "GET")) throw new HttpRefusal(405, "method_not_allowed", `${path} takes ${wantedMethod}`);
  if (action === "") return sendJson(res, 200, metadata(route));
  if (action === "ready") {
    if (route.ready) return sendJson(res, 200, { name: route.route.modelName, ready: true });
    return sendJson(res, 503, { name: route.route.modelName, ready: false, error: route.notReadyBecause() }, { "retry-after": "1" });
  }
  if (route.route.currentEpoch === null) throw new HttpRefusal(503, "not_ready", route.notReadyBecause(), 1);
  const encoding = req.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw new HttpRefusal(415, "unsupported_encoding", `the body is encoded as ${encoding}: send it as it is`);
  const signal = abortOnClose(res);
  const body = await readBody(req, route.route.limits.maxRequestBytes, reading);
  if (action === "process") return sendText(res, await processRequest(route, { contentType: req.headers["content-type"] ?? "", body, signal, deadlineMs: timeoutHeader(req) }));
  await infer(req, res, route, body, signal);
}

async function infer(req: IncomingMessage, res: ServerResponse, route: RouteRuntime, body: Buffer, signal: AbortSignal): Promise<void> {
  const { route: declared } = route;
  const headerLength = req.headers["inference-header-content-length"];
  const request = parseInfer(body, headerLength === undefined ? null : Number(headerLength));
  const stateInputs = new Set(declared.states.map((state) => state.input));
  checkInputs(request.tensors, declared.inputs, stateInputs);
  for (const { name } of request.outputs ?? []) {
    if (!declared.outputs.some((output) => output.name === name)) throw new BadRequest(`the model has no output "${name}"; it has ${declared.outputs.map((output) => `"${output.name}"`).join(", ")}`);
  }
  const answer = await route.infer(request.tensors, { deadlineMs: request.timeoutMs ?? timeoutHeader(req), signal, sequence: request.sequence });
  try {
    const missing = (request.outputs ?? []).filter(({ name }) => !answer.outputs.some((output) => output.name === name));
    if (missing.length > 0) throw new BadRequest(`output "${missing[0]!.name}" is state that lives on the stages`);
    const parameters = { epoch: answer.epoch, request_id: answer.trace.requestId };
    const { body: bytes, headerLength: jsonBytes } = formatInfer(declared.modelName, request.id, answer.outputs, request, parameters);
    res.writeHead(200, {
      "content-type": jsonBytes === null ? "application/json" : "application/octet-stream", "content-length": bytes.length,
      ...(jsonBytes === null ? {} : { "inference-header-content-length": String(jsonBytes) }),
    });
    res.end(bytes);
  } finally {
    answer.release();
  }
}

function metadata(route: RouteRuntime): unknown {
  const { modelName, inputs, outputs, states, processor } = route.route;
  const stateNames = new Set(states.flatMap((state) => [state.input, state.output]));
  const tell = (specs: typeof inputs) => specs.filter((spec) => !stateNames.has(spec.name)).map(({ name, dataType, shape }) => ({
    name, datatype: OIP_NAMES[dataType], shape: (shape ?? [-1]).map((size) => (typeof size === "number" ? size : -1)),
  }));
  return {
    name: modelName, versions: ["1"], platform: "cutplane_onnx", inputs: tell(inputs), outputs: tell(outputs),
    parameters: { stateful: states.length > 0, processor: processor?.kind ?? "", accepts: route.processor.accepts.join(", ") },
  };
}

function demandKey(req: IncomingMessage, routes: RouteRuntime[]): void {
  const given = /^Bearer (\S+)$/.exec(req.headers.authorization ?? "")?.[1];
  const digest = createHash("sha256").update(given ?? "").digest();
  let known = false;
  // All are compared, so that the time taken tells nothing.
  for (const { route } of routes) for (const hash of route.keyHashes) if (/^[0-9a-f]{64}$/i.test(hash) && timingSafeEqual(Buffer.from(hash, "hex"), digest)) known = true;
  if (!given || !known) throw new HttpRefusal(401, "key_required", "send `Authorization: Bearer <key>` with a key of this deployment");
}

/** Header `x-timeout-ms`, for requests whose body is not JSON. */
function timeoutHeader(req: IncomingMessage): number | null {
  const ms = Number(req.headers["x-timeout-ms"]);
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

function decodePath(url: string): string {
  try {
    return decodeURIComponent(url.split("?")[0]!);
  } catch {
    throw new HttpRefusal(400, "bad_request", "the path is not valid");
  }
}

function abortOnClose(res: ServerResponse): AbortSignal {
  const abort = new AbortController();
  res.on("close", () => { if (!res.writableFinished) abort.abort(); });
  return abort.signal;
}

async function readBody(req: IncomingMessage, maxBytes: number, reading: { bytes: number }): Promise<Buffer> {
  const tooLarge = () => new HttpRefusal(413, "too_large", `the body may have at most ${maxBytes} bytes`);
  const announced = Number(req.headers["content-length"] ?? Number.NaN);
  if (announced > maxBytes) throw tooLarge();
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of req as AsyncIterable<Buffer>) {
      bytes += part.length;
      reading.bytes += part.length;
      if (bytes > maxBytes) throw tooLarge();
      if (reading.bytes > MAX_BODY_BYTES_BEING_READ) throw new HttpRefusal(503, "overloaded", "too many large requests are being read", 1);
      parts.push(part);
    }
  } catch (error) {
    throw error instanceof HttpRefusal ? error : new HttpRefusal(400, "bad_request", "the body ended early");
  } finally {
    reading.bytes -= bytes;
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, bytes);
}

function sendJson(res: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}): void {
  const body = JSON.stringify(value);
  res.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...headers });
  res.end(body);
}

function sendText(res: ServerResponse, json: string): void {
  res.writeHead(200, { "content-type": "application/json", "content-length": Buffer.byteLength(json) });
  res.end(json);
}

function refusalOf(error: Error): HttpRefusal {
  if (error instanceof HttpRefusal) return error;
  if (error instanceof BadRequest) return new HttpRefusal(400, "bad_request", error.message);
  if (error instanceof ProcessorRefusal) return new HttpRefusal(error.status, "processor", error.message, error.status === 503 || error.status === 429 ? 1 : null);
  if (!(error instanceof WireError)) return new HttpRefusal(500, "internal", "the ingress failed to serve this request");
  const status = STATUS_OF[error.code] ?? 500;
  return new HttpRefusal(status, error.code, error.message, status === 503 || status === 429 ? 1 : null);
}

function sendError(req: IncomingMessage, res: ServerResponse, error: Error): void {
  if (res.headersSent || res.destroyed) return void res.destroy();
  const refusal = refusalOf(error);
  if (refusal.status === 500 && !(error instanceof WireError)) process.stderr.write(`${error.stack}\n`);
  const unread = !req.complete;
  sendJson(res, refusal.status, { error: refusal.message, code: refusal.code }, {
    ...(refusal.retryAfterSeconds === null ? {} : { "retry-after": String(refusal.retryAfterSeconds) }),
    ...(refusal.status === 401 ? { "www-authenticate": "Bearer" } : {}),
    ...(unread ? { connection: "close" } : {}),
  });
  // A body nobody wants is not read: the connection ends with the answer.
  if (unread) res.once("finish", () => setTimeout(() => req.destroy(), 200).unref());
}
