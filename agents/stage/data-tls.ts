// Owns who may talk to whom on data connections: TLS 1.3, certificates of the console's CA on both sides, the node id taken from the
// certificate. The dialler insists on the node it meant to reach; which nodes may use what is decided by the caller from `peerNodeId`.
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, createServer, type SecureContext, type Server, type TLSSocket } from "node:tls";
import { encodePreamble, PREAMBLE_ANSWERS, PREAMBLE_TIMEOUT_MS, preambleAnswer, type Preamble } from "../protocol/preamble.ts";
import { WireError } from "../protocol/wire-error.ts";
import type { TlsMaterial } from "./messages.ts";

/** The machine that was dialled said itself that nobody listens at that port: what should is not running. */
export class NobodyListens extends WireError {
  constructor(message: string) {
    super("link_lost", message);
  }
}

export type DialOptions = {
  host: string; port: number; preamble: Preamble;
  /** Node the other side's certificate must name. */
  nodeId: string;
  context: SecureContext;
  /** HTTP CONNECT proxy `http://host:port`, null = direct. */
  dataProxy: string | null;
  signal?: AbortSignal;
};

export function dataContext(tls: TlsMaterial): SecureContext {
  return createSecureContext({ key: tls.keyPem, cert: tls.certificatePem, ca: tls.caPem, minVersion: "TLSv1.3" });
}

/** Node id a certificate speaks for: its common name. */
export function certificateNodeId(socket: TLSSocket): string {
  const name = socket.getPeerCertificate()?.subject?.CN;
  return typeof name === "string" ? name : "";
}

/** TCP (or through the proxy), preamble, go-ahead, TLS, identity. Throws WireError `link_lost` (NobodyListens where that is why), `not_linked` (refused, try later) or `not_allowed`. */
export async function dialData(options: DialOptions): Promise<TLSSocket> {
  const raw = await within(dialTcp(options), `connecting to ${options.host}:${options.port}`);
  try {
    raw.write(encodePreamble(options.preamble));
    const answer = preambleAnswer((await within(readExactly(raw, 1), "waiting for the go-ahead"))[0]!);
    if (answer !== "go-ahead") throw new WireError(answer === "unknown-target" || answer === "busy" ? "not_linked" : "bad_version", `refused: ${answer ?? "not this protocol"}`);
    return await within(startTls(raw, options), "in the TLS handshake");
  } catch (error) {
    raw.destroy();
    throw error;
  }
}

async function within<T>(promise: Promise<T>, doing: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => { timer = setTimeout(() => reject(new WireError("link_lost", `timed out ${doing}`)), PREAMBLE_TIMEOUT_MS); });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

async function dialTcp({ host, port, dataProxy, signal }: DialOptions): Promise<Socket> {
  if (!dataProxy) return openTcp(host, port, signal).catch((error: Error) => { throw isRefused(error.cause) ? new NobodyListens(error.message) : error; });
  const proxy = new URL(dataProxy);
  const socket = await openTcp(proxy.hostname, Number(proxy.port || 80), signal);
  const target = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  let head = "";
  while (!head.endsWith("\r\n\r\n")) {
    head += (await readExactly(socket, 1)).toString("latin1");
    if (head.length > 8192) { socket.destroy(); throw new WireError("link_lost", "the proxy's answer has no end"); }
  }
  if (!/^HTTP\/1\.[01] 200/.test(head)) {
    socket.destroy();
    const text = `the proxy answered ${head.split("\r\n")[0]}`;
    throw PROXY_WAS_REFUSED.test(head) ? new NobodyListens(text) : new WireError("link_lost", text);
  }
  return socket;
}

/** RFC 9209: the proxy says what became of its own connection; 502 alone may mean anything. */
const PROXY_WAS_REFUSED = /^proxy-status:.*;\s*error=connection_refused\b/im;
const isRefused = (cause: unknown): boolean => (cause as NodeJS.ErrnoException | undefined)?.code === "ECONNREFUSED";

/** The signal counts only until the connection stands: one long-lived signal sees many dials, and each must leave no listener behind. */
function openTcp(host: string, port: number, signal: AbortSignal | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new WireError("cancelled", "no longer wanted"));
    const socket = connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 });
    const settle = () => { socket.off("error", fail); signal?.removeEventListener("abort", abort); };
    const fail = (error: Error) => { settle(); socket.destroy(); reject(Object.assign(new WireError("link_lost", error.message), { cause: error })); };
    const abort = () => { settle(); socket.on("error", () => undefined); socket.destroy(); reject(new WireError("cancelled", "no longer wanted")); };
    signal?.addEventListener("abort", abort, { once: true });
    socket.once("error", fail);
    socket.once("connect", () => { settle(); socket.on("error", () => socket.destroy()); resolve(socket); });
  });
}

/** Takes exactly `count` bytes and leaves the rest in the socket. */
function readExactly(socket: Socket, count: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const done = (act: () => void) => { socket.off("readable", look); socket.off("close", closed); act(); };
    const closed = () => done(() => reject(new WireError("link_lost", "closed before the go-ahead")));
    const look = () => {
      const bytes = socket.read(count) as Buffer | null;
      if (bytes && bytes.length === count) done(() => resolve(bytes));
      else if (bytes) closed();
    };
    socket.on("readable", look);
    socket.once("close", closed);
    look();
  });
}

function startTls(raw: Socket, { context, nodeId }: DialOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      socket: raw, secureContext: context, rejectUnauthorized: true, minVersion: "TLSv1.3",
      checkServerIdentity: (_host, certificate) => certificate.subject?.CN === nodeId ? undefined : new Error(`reached ${certificate.subject?.CN}, not ${nodeId}`),
    });
    const fail = (error: Error) => { socket.destroy(); reject(new WireError("not_allowed", error.message)); };
    const closed = () => fail(new Error("closed during the TLS handshake"));
    socket.once("error", fail);
    socket.once("close", closed);
    socket.once("secureConnect", () => {
      socket.off("error", fail);
      socket.off("close", closed);
      resolve(socket);
    });
  });
}

/** The accepting side of one process: takes raw sockets that were handed over, sends the go-ahead, and gives out authenticated ones. */
export class DataAcceptor {
  readonly #server: Server;

  constructor(tls: TlsMaterial, onSocket: (socket: TLSSocket, peerNodeId: string) => void) {
    this.#server = createServer({
      key: tls.keyPem, cert: tls.certificatePem, ca: tls.caPem, minVersion: "TLSv1.3",
      requestCert: true, rejectUnauthorized: true, handshakeTimeout: PREAMBLE_TIMEOUT_MS,
    }, (socket) => {
      socket.on("error", () => socket.destroy());
      const peerNodeId = certificateNodeId(socket);
      if (!socket.authorized || peerNodeId === "") return void socket.destroy();
      onSocket(socket, peerNodeId);
    });
    this.#server.on("tlsClientError", (_error, socket) => socket.destroy());
  }

  accept(raw: Socket): void {
    raw.on("error", () => raw.destroy());
    raw.setNoDelay(true);
    raw.write(Uint8Array.of(PREAMBLE_ANSWERS["go-ahead"]));
    this.#server.emit("connection", raw);
  }

  /** Renewed certificate: for connections from now on. */
  renew(tls: TlsMaterial): void {
    this.#server.setSecureContext({ key: tls.keyPem, cert: tls.certificatePem, ca: tls.caPem, minVersion: "TLSv1.3" });
  }
}
