// Owns unary gRPC calls over HTTP/2 that end within their limit, whatever the other side does, and the connections they share. The bytes are
// https://grpc.github.io/grpc/core/md_doc__p_r_o_t_o_c_o_l-_h_t_t_p2.html's. Node's HTTP/2 alone: what a library does around a call would be measured with it.
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from "node:http2";
import { errorWords } from "./error-words.ts";
import { type CallerOptions, MAX_REPLY_BYTES, REFUSALS } from "./http-caller.ts";
import { readMessage, statusName, statusOfHttp, statusOfReset } from "./grpc-status.ts";

export type GrpcFailure = { status: string; details: string; /** Nothing of a server was heard. */ isUnreached: boolean; /** It says that there are too many, for now. */ isRefused: boolean };
export type GrpcCaller = { /** `body`: a message behind its prefix, see `framed`. */ call(method: string, body: Buffer, done: (failure: GrpcFailure | null, message: Buffer | null) => void): void; close(): void };

/** Calls at once on one connection, or fewer where the server says so; more open another. 100 is what HTTP/2 asks servers to allow at least (RFC 9113, 6.5.2). */
const MAX_CALLS_PER_CONNECTION = 100;
/** Of a stream and of a connection: a large answer must not wait for this side's leave. HTTP/2's own is 64 KiB. */
const WINDOW_BYTES = 16 * 2 ** 20;
const SERVICE = "/inference.GRPCInferenceService";
const PREFIX_BYTES = 5;
/** What 429 and 503 are over gRPC, where the server itself says so. */
const REFUSED_STATUSES = ["RESOURCE_EXHAUSTED", "UNAVAILABLE"];

/** A message behind what precedes each on the wire: not packed, so many bytes. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

type Connection = { session: ClientHttp2Session; underWay: number; isReached: boolean; problem: string | null };

/** @throws Error when `baseUrl` is not `grpc://host:port` or `grpcs://host:port` */
export function createGrpcCaller({ baseUrl, timeoutMs, headers, insecure, lookup }: CallerOptions): GrpcCaller {
  const origin = originOf(baseUrl);
  const connections = new Set<Connection>();
  // What a server told on one connection holds for the next one, before it has told it there.
  let callsPerConnection = MAX_CALLS_PER_CONNECTION;
  const common = { ...headers, ":method": "POST", te: "trailers", "content-type": "application/grpc", "grpc-accept-encoding": "identity", "grpc-timeout": `${Math.ceil(timeoutMs)}m` };
  const open = (): Connection => {
    // What is under way belongs to the run and has its own limits: by default, Node refuses a connection's calls beyond 10 MB.
    const session = connect(origin, { ...(lookup ? { lookup } : {}), rejectUnauthorized: !insecure, settings: { initialWindowSize: WINDOW_BYTES, enablePush: false }, maxSessionMemory: Number.MAX_SAFE_INTEGER });
    const connection: Connection = { session, underWay: 0, isReached: false, problem: null };
    session.once("connect", (_session, socket) => {
      if ("setNoDelay" in socket) socket.setNoDelay(true);
      session.setLocalWindowSize(WINDOW_BYTES);
    });
    session.on("remoteSettings", ({ maxConcurrentStreams }) => {
      connection.isReached = true;
      callsPerConnection = Math.max(1, Math.min(MAX_CALLS_PER_CONNECTION, maxConcurrentStreams ?? MAX_CALLS_PER_CONNECTION));
    });
    session.on("error", (error) => { connection.problem ??= errorWords(error); });
    session.once("close", () => connections.delete(connection));
    connections.add(connection);
    return connection;
  };
  const choose = (): Connection => {
    for (const connection of connections) {
      const { session, underWay } = connection;
      if (!session.closed && !session.destroyed && underWay < callsPerConnection) return connection;
    }
    return open();
  };
  return {
    call(method, body, done) {
      const connection = choose();
      connection.underWay++;
      const stream = connection.session.request({ ...common, ":path": `${SERVICE}/${method}` });
      const timer = setTimeout(() => {
        finish({ status: "DEADLINE_EXCEEDED", details: `no whole answer within ${timeoutMs} ms`, isUnreached: !connection.isReached, isRefused: false }, null);
        stream.close(constants.NGHTTP2_CANCEL);
      }, timeoutMs);
      let isDone = false;
      const finish = (failure: GrpcFailure | null, message: Buffer | null) => {
        if (isDone) return;
        isDone = true;
        clearTimeout(timer);
        done(failure, message);
      };
      stream.once("close", () => { connection.underWay--; });
      listen(stream, connection, finish);
      stream.end(body);
    },
    close: () => { for (const { session } of connections) session.destroy(); },
  };
}

function listen(stream: ClientHttp2Stream, connection: Connection, finish: (failure: GrpcFailure | null, message: Buffer | null) => void): void {
  const pieces: Buffer[] = [];
  let bytes = 0;
  let head: IncomingHttpHeaders | null = null;
  let trailers: IncomingHttpHeaders | null = null;
  let problem: string | null = null;
  const fail = (status: string, details: string, isRefused = false) => finish({ status, details, isUnreached: false, isRefused }, null);
  const judge = (told: IncomingHttpHeaders) => {
    const status = statusName(String(told["grpc-status"]));
    if (status !== "OK") return fail(status, readMessage(String(told["grpc-message"] ?? "")), REFUSED_STATUSES.includes(status));
    const body = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    const flaw = flawOf(body);
    if (flaw === null) finish(null, body.subarray(PREFIX_BYTES));
    else fail("INTERNAL", flaw);
  };
  stream.on("response", (headers) => { head = headers; });
  stream.on("trailers", (headers) => { trailers = headers; });
  stream.on("data", (piece: Buffer) => {
    bytes += piece.length;
    if (bytes <= MAX_REPLY_BYTES) return void pieces.push(piece);
    fail("RESOURCE_EXHAUSTED", `the answer is larger than ${MAX_REPLY_BYTES} bytes`);
    stream.close(constants.NGHTTP2_CANCEL);
  });
  stream.on("end", () => {
    const told = trailers ?? head;
    if (told?.["grpc-status"] !== undefined) judge(told);
  });
  stream.on("error", (error) => { problem = errorWords(error); });
  // Whatever came to no end above.
  stream.once("close", () => {
    const http = Number(head?.[":status"] ?? 0);
    if (head === null && (connection.problem !== null || !connection.isReached)) return finish({ status: "UNAVAILABLE", details: connection.problem ?? problem ?? "the connection ended", isUnreached: !connection.isReached, isRefused: false }, null);
    if (connection.problem !== null || connection.session.destroyed) return fail("UNAVAILABLE", connection.problem ?? "the connection ended before the answer");
    if (stream.rstCode) return fail(statusOfReset(stream.rstCode), problem ?? `the call was reset with code ${stream.rstCode}`);
    if (head === null) return fail("INTERNAL", problem ?? "the call ended before the answer");
    if (http === 200 && /^application\/grpc/.test(String(head["content-type"]))) return fail("INTERNAL", "the answer ended without its status");
    fail(statusOfHttp(http), `the answer is not gRPC's: HTTP status ${http}, ${String(head["content-type"] ?? "no content type")}`, REFUSALS.includes(http));
  });
}

/** Of a unary call's answer, which is one message. */
function flawOf(body: Buffer): string | null {
  if (body.length < PREFIX_BYTES) return "the answer has no message";
  if (body[0] !== 0) return "the answer is packed, which was not asked for";
  const length = body.readUInt32BE(1);
  return body.length === PREFIX_BYTES + length ? null : `the answer has ${body.length - PREFIX_BYTES} bytes, its message ${length}`;
}

function originOf(url: string): string {
  const base = URL.canParse(url) ? new URL(url) : null;
  if (!base || !/^grpcs?:$/.test(base.protocol) || base.port === "" || base.hostname === "" || !/^\/?$/.test(base.pathname) || base.search !== "") throw new Error(`"${url}" must look like grpc://127.0.0.1:9000, or grpcs:// where it listens with TLS`);
  return `${base.protocol === "grpcs:" ? "https" : "http"}://${base.host}`;
}

export function askGrpc(caller: GrpcCaller, method: string, body: Buffer): Promise<{ failure: GrpcFailure } | { message: Buffer }> {
  return new Promise((resolve) => caller.call(method, body, (failure, message) => resolve(failure ? { failure } : { message: message! })));
}
