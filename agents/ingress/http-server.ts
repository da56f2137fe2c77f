// Owns the REST side of an ingress: Open Inference Protocol v2, the processor's endpoint, metrics. What a request's tensors go through is the
// routes' business.
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { EXPOSITION_TYPE, expositionText } from "../exposition.ts";
import type { RepositoryAction } from "../protocol/repository-call.ts";
import { WireError } from "../protocol/wire-error.ts";
import type { ConnectionLimit } from "./connection-limit.ts";
import { modelConfig, modelMetadata, modelStatistics, repositoryIndex, serverMetadata } from "./describe-model.ts";
import { closeAfter } from "./drain.ts";
import { type Access, countKey, demandKey, demandServing, findModel, type FoundModel, isModelReady, keyHoldersOf, type ServedHere } from "./find-model.ts";
import { ClientGone, type Gone } from "./gone.ts";
import { ingressMetrics } from "./ingress-metrics.ts";
import type { ModelRepository } from "./model-repository.ts";
import { MovedRefusal, redirectFor } from "./moved-refusal.ts";
import { parseRawBytes, readBytesInput } from "./bytes-tensor.ts";
import { formatInfer, parseInfer, parseInferOf, parseRaw } from "./oip.ts";
import { otherCall } from "./other-extensions.ts";
import { processName } from "./process-model.ts";
import { processRequest } from "./process-request.ts";
import { Refusal, refusalOf } from "./refusal.ts";
import { endRefused, unread } from "./refuse-body.ts";
import { continueWhenRead, isLarge, pack, packingOf, readBody } from "./request-body.ts";
import { requestName } from "./request-name.ts";
import type { RouteRuntime } from "./route-runtime.ts";
import { readTraceContext } from "./trace-context.ts";
import { demandReady, type Served, serveInfer } from "./serve-infer.ts";
import { serveProcess } from "./serve-process.ts";
import { PASSED_ON_HEADERS, type Peer } from "./shared-memory/local-clients.ts";
import type { SharedMemory } from "./shared-memory/shared-memory.ts";
import type { RegionWish } from "./shared-memory/shared-regions.ts";
import type { Way } from "./way.ts";

/** Of a request that carries no tensors: an index's wish, a load's parameters. */
const MAX_SMALL_BODY_BYTES = 64 * 1024;

/** Told whatever an ingress serves. */
const KNOWN_ALWAYS: ReadonlySet<string> = new Set(["/v2/health/live", "/v2/health/ready", "/v2", "/v2/"]);

export type HttpOptions = {
  served(): ServedHere;
  repository: ModelRepository;
  shared: SharedMemory;
  /** Beyond loopback every request but liveness needs a key. */
  needsKey: boolean;
  httpTls: { keyPem: string; certificatePem: string } | null;
  /** Those that are too many are told so, whatever they ask. */
  connections: ConnectionLimit;
};
type Asked = { req: IncomingMessage; res: ServerResponse; method: string; path: string; served: ServedHere; repository: ModelRepository; shared: SharedMemory; access: Access };

/** `open`: answers that are not finished. */
export function createIngressServer(options: HttpOptions): { server: Server; open: ReadonlySet<ServerResponse> } {
  const open = new Set<ServerResponse>();
  const handler = (req: IncomingMessage, res: ServerResponse) => {
    open.add(res);
    res.once("close", () => open.delete(res));
    handle(req, res, options).catch((error: Error) => sendError(req, res, error, here));
  };
  const here = { isTls: options.httpTls !== null, isLoopback: !options.needsKey };
  const settings = { keepAliveTimeout: 65_000, headersTimeout: 20_000, requestTimeout: 300_000, noDelay: true };
  const tls = options.httpTls && { key: options.httpTls.keyPem, cert: options.httpTls.certificatePem, minVersion: "TLSv1.2" as const, ALPNProtocols: ["h2", "http/1.1"] };
  const server = tls ? createHttps({ ...settings, ...tls }, handler) : createHttp(settings, handler);
  server.on("checkContinue", (req: IncomingMessage, res: ServerResponse) => { continueWhenRead(req, res); handler(req, res); });
  server.maxConnections = options.connections.mostOpen;
  return { server, open };
}

async function handle(req: IncomingMessage, res: ServerResponse, options: HttpOptions): Promise<void> {
  const path = decodePath(req.url ?? "/");
  const served = options.served();
  const isOver = options.connections.isOver(req.socket);
  if (served.state !== "serving" || isOver) {
    closeAfter(res);
    if (!KNOWN_ALWAYS.has(path)) demandServing(served);
    if (isOver && !KNOWN_ALWAYS.has(path)) throw options.connections.refusal();
  }
  const asked: Asked = { req, res, method: req.method ?? "GET", path, served, repository: options.repository, shared: options.shared, access: { needsKey: options.needsKey, authorization: req.headers.authorization } };
  const match = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(ready|infer|process|config|stats))?$/.exec(path);
  if (match && path !== "/v2/models/stats") return answerModel(asked, match[1]!, match[2], match[3] ?? "");
  return answerServer(asked);
}

async function answerServer(asked: Asked): Promise<void> {
  const { req, res, path, served, access } = asked;
  const { routes } = served;
  if (/^\/v2\/repository\/[^/]+\/(?:index|models\/[^/]+\/(?:load|unload))$/.test(path)) throw new Refusal(400, "bad_request", "'repository_name' specification is not supported");
  const demandAnyKey = () => demandKey(access, keyHoldersOf(served));
  const action = /^\/v2\/repository\/(?:index|models\/([^/]+)\/(load|unload))$/.exec(path);
  if (action) {
    demandMethod(asked, "POST");
    demandAnyKey();
    const wish = readWish(await readBody(req, MAX_SMALL_BODY_BYTES));
    if (!action[1]) return sendJson(res, 200, repositoryIndex(served, wish.ready === true));
    await asked.repository.act(action[2] as RepositoryAction, action[1], access, wish.parameters);
    // As Triton: nothing is said but that it is done.
    return sendDone(res);
  }
  const memory = /^\/v2\/systemsharedmemory(?:\/region\/([^/]+))?\/(status|register|unregister)$/.exec(path);
  if (memory) return answerSharedMemory(asked, memory[1] ?? "", memory[2] as MemoryAction);
  const other = otherCall(path, () => served.traceRatio);
  if (other) {
    const { method } = asked;
    if (other.takes !== "both" || (method !== "POST" && method !== "GET")) demandMethod(asked, other.takes === "POST" ? "POST" : "GET");
    demandAnyKey();
    return sendJson(res, 200, other.answer(method === "POST" ? readWish(await readBody(req, MAX_SMALL_BODY_BYTES)) : {}));
  }
  const known: Record<string, () => void> = {
    "/v2/health/live": () => sendJson(res, 200, { live: true }),
    "/v2/health/ready": () => {
      const ready = isServerReady(served);
      sendJson(res, ready ? 200 : 503, { ready }, ready ? {} : { "retry-after": "1" });
    },
    "/v2": () => sendJson(res, 200, serverMetadata(asked.shared)),
    "/v2/": () => sendJson(res, 200, serverMetadata(asked.shared)),
    "/v2/models/stats": () => { demandAnyKey(); sendJson(res, 200, { model_stats: routes.flatMap((route) => route.statistics(null)) }); },
    "/metrics": () => {
      demandAnyKey();
      res.writeHead(200, { "content-type": EXPOSITION_TYPE });
      res.end(expositionText(ingressMetrics(routes)));
    },
  };
  if (!Object.hasOwn(known, path)) throw new Refusal(404, "not_found", `there is nothing at ${path}`);
  demandMethod(asked, "GET");
  known[path]!();
}

type MemoryAction = "status" | "register" | "unregister";
/** `region`: "" = all. */
async function answerSharedMemory(asked: Asked, region: string, action: MemoryAction): Promise<void> {
  const { req, res, served, shared, access } = asked;
  demandMethod(asked, action === "status" ? "GET" : "POST");
  demandKey(access, keyHoldersOf(served));
  if (action === "register") {
    const wish = readWish(await readBody(req, MAX_SMALL_BODY_BYTES));
    await (await shared.of(peerOf(req), access)).register(region, wish);
    return sendJson(res, 200, {});
  }
  const mine = await shared.ofAnyone(peerOf(req), access);
  if (action === "status") return sendJson(res, 200, mine.status(region));
  mine.unregister(region);
  sendJson(res, 200, {});
}

const peerOf = (req: IncomingMessage): Peer => ({ connection: req.socket, passedOn: PASSED_ON_HEADERS.some((name) => req.headers[name] !== undefined) });

export const isServerReady = ({ state, routes }: ServedHere): boolean => state === "serving" && routes.length > 0 && routes.every((route) => route.ready);

async function answerModel(asked: Asked, name: string, wantedVersion: string | undefined, action: string): Promise<void> {
  const { res, served, access } = asked;
  if (action === "ready") return answerReady(asked, name, wantedVersion);
  const found = findModel(served, name, wantedVersion, access);
  const { route, version } = found;
  if (action === "infer" || action === "process") {
    demandMethod(asked, "POST");
    demandReady(route, version, () => traceOf(asked.req));
    const done = countKey(route, access);
    const receivedAt = performance.now();
    try {
      // Named in its head it may be one that has its answer already; what is small is here as soon as it could be refused.
      if (isLarge(asked.req) && idempotencyKey(asked.req) === undefined) route.demandRoom({ deadlineMs: timeoutHeader(asked.req), version, trace: traceOf(asked.req) });
      return await (action === "infer" ? infer(asked, found) : processRaw(asked, route));
    } catch (error) {
      route.countRefused(error as Error, { version, trace: traceOf(asked.req), receivedAt });
      throw error;
    } finally {
      done();
    }
  }
  demandMethod(asked, "GET");
  if (action === "") return sendJson(res, 200, modelMetadata(found));
  if (action === "config") return sendJson(res, 200, modelConfig(found));
  sendJson(res, 200, { model_stats: modelStatistics(found) });
}

function answerReady(asked: Asked, name: string, wantedVersion: string | undefined): void {
  demandMethod(asked, "GET");
  const told = isModelReady(asked.served, name, wantedVersion, asked.access);
  if (told.ready) return sendJson(asked.res, 200, { name, ready: true });
  if (told.known) return sendJson(asked.res, 503, { name, ready: false, error: told.because }, { "retry-after": "1" });
  // Triton's status and first words of what it does not know.
  sendJson(asked.res, 400, { name, ready: false, error: `Model version not ready: ${told.because}` });
}

async function processRaw({ req, res, access }: Asked, route: RouteRuntime): Promise<void> {
  const signal = goneOnClose(res);
  const beganAt = performance.now();
  const body = await readBody(req, route.route.limits.maxRequestBytes);
  const receivedAt = performance.now();
  const { json, epoch, handedOver } = await processRequest(route, { contentType: req.headers["content-type"] ?? "", body, signal, receivedAt, deadlineMs: timeoutHeader(req), name: requestName(idempotencyKey(req), null, false, access), trace: traceOf(req) });
  const answeredAt = performance.now();
  await sendBytes(req, res, Buffer.from(json), { "content-type": "application/json" });
  handedOver();
  route.statisticsOf(route.versionOf(epoch)).wrote(performance.now() - answeredAt, receivedAt - beganAt);
}

async function infer({ req, res, access, shared }: Asked, { route, version, isProcess }: FoundModel): Promise<void> {
  const signal = goneOnClose(res);
  const beganAt = performance.now();
  const body = await readBody(req, route.route.limits.maxRequestBytes);
  const way: Way = { signal, beganAt, deadlineMs: timeoutHeader(req), receivedAt: performance.now(), access, idempotencyKey: idempotencyKey(req), trace: traceOf(req), regions: () => shared.of(peerOf(req), access) };
  const header = req.headers["inference-header-content-length"];
  const headerLength = header === undefined ? null : Number(header);
  const { modelName, inputs, states } = route.route;
  if (isProcess) {
    const request = header === "0" ? parseRawBytes(body) : parseInferOf(body, headerLength, readBytesInput);
    return sendServed(req, res, processName(modelName), request.id, await serveProcess(route, version, request, way));
  }
  const request = header === "0" ? parseRaw(body, inputs, new Set(states.map((state) => state.input))) : parseInfer(body, headerLength);
  return sendServed(req, res, modelName, request.id, await serveInfer(route, version, request, way));
}

async function sendServed(req: IncomingMessage, res: ServerResponse, modelName: string, id: string | null, served: Served): Promise<void> {
  try {
    const { json, binary } = formatInfer(modelName, served.version, id, served.outputs, served.parameters);
    const bytes = binary.length === 0 ? json : Buffer.concat([json, ...binary]);
    await sendBytes(req, res, bytes, binary.length === 0 ? { "content-type": "application/json" } : { "content-type": "application/octet-stream", "inference-header-content-length": String(json.length) });
  } finally {
    served.done();
  }
}

function demandMethod({ method, path }: Asked, wanted: "GET" | "POST"): void {
  if (method !== wanted && !(method === "HEAD" && wanted === "GET")) throw new Refusal(405, "method_not_allowed", `${path} takes ${wanted}`);
}

type SmallWish = RegionWish & { ready?: unknown; parameters?: unknown };
function readWish(body: Buffer): SmallWish {
  if (body.length === 0) return {};
  try {
    return (JSON.parse(body.toString()) ?? {}) as SmallWish;
  } catch (error) {
    throw new Refusal(400, "bad_request", `the body is not JSON: ${(error as Error).message}`);
  }
}

/** Header `x-timeout-ms`, for requests whose body is not JSON. */
function timeoutHeader(req: IncomingMessage): number | null {
  const ms = Number(req.headers["x-timeout-ms"]);
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}

/** Given several times, Node joins it with commas: still one name. */
const idempotencyKey = (req: IncomingMessage): string | undefined => req.headers["idempotency-key"] as string | undefined;

/** Two of them are none; of \`tracestate\` several are one list (Node joins both with commas). */
const traceOf = (req: IncomingMessage) => readTraceContext(req.headers.traceparent as string | undefined, req.headers.tracestate as string | undefined);

function decodePath(url: string): string {
  const path = url.split("?", 1)[0]!;
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refusal(400, "bad_request", "the path is not valid");
  }
}

function goneOnClose(res: ServerResponse): Gone {
  const gone = new ClientGone();
  res.on("close", () => { if (!res.writableFinished) gone.abort(); });
  return gone;
}

function sendJson(res: ServerResponse, status: number, value: unknown, headers: Record<string, string> = {}): void {
  const body = JSON.stringify(value);
  res.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...headers });
  res.end(body);
}

function sendDone(res: ServerResponse): void {
  res.writeHead(200, { "content-length": "0" });
  res.end();
}

async function sendBytes(req: IncomingMessage, res: ServerResponse, bytes: Buffer, headers: Record<string, string>): Promise<void> {
  const packing = packingOf(req);
  if (packing === null) {
    headers["content-length"] = String(bytes.length);
    res.writeHead(200, headers);
    return void res.end(bytes);
  }
  const packed = await pack(bytes, packing);
  res.writeHead(200, { ...headers, "content-encoding": packing, "content-length": packed.length });
  res.end(packed);
}

function sendError(req: IncomingMessage, res: ServerResponse, error: Error, here: { isTls: boolean; isLoopback: boolean }): void {
  if (res.headersSent || res.destroyed) return void res.destroy();
  const refusal = refusalOf(error);
  if (refusal.status === 500 && !(error instanceof WireError)) process.stderr.write(`${error.stack}\n`);
  const wanted = unread(req);
  // A connection that closes with its answer takes enough of the body first that the answer arrives.
  const how = wanted === "drain" && !res.shouldKeepAlive ? "linger" : wanted;
  const location = refusal instanceof MovedRefusal ? redirectFor(refusal, here, req.url ?? "") : null;
  const body = JSON.stringify({ error: refusal.message, code: refusal.code });
  res.writeHead(location === null ? refusal.status : 308, {
    "content-type": "application/json", "content-length": Buffer.byteLength(body),
    ...(location === null ? {} : { location }),
    ...(refusal.retryAfterSeconds === null ? {} : { "retry-after": String(refusal.retryAfterSeconds) }),
    ...(refusal.status === 401 ? { "www-authenticate": "Bearer" } : {}),
    ...(how === "close" || how === "linger" ? { connection: "close" } : {}),
  });
  endRefused(req, res, body, how);
}
