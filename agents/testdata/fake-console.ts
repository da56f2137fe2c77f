// Owns a small console for tests: the real TLS, certificates, HTTP and Socket.io of the contract, in memory, with nothing behind it.
import { createHash, randomBytes, webcrypto, X509Certificate } from "node:crypto";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import type { AddressInfo, Socket as NetSocket } from "node:net";
import type { TLSSocket } from "node:tls";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { Server, type Socket } from "socket.io";
import type { Desired, EnrolRequest, Hello, Report } from "../protocol/control.ts";
import type { LogPage, LogQuery } from "../protocol/log-page.ts";
import type { MetricsPage } from "../protocol/metrics-page.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const cryptoProvider = webcrypto as never;

export type FakeConsole = {
  url: string; port: number; caPem: string; token: string;
  reports: Report[]; /** The same by node. */ reportsOf: Map<string, Report[]>; hellos: Hello[]; acknowledged: number[];
  /** Bytes of everything read from agents' TLS connections so far. */
  receivedBytes(): number;
  artifacts: Map<string, Uint8Array>;
  /** Every range asked for. */
  requests: { digest: string; start: number; end: number }[];
  /** Called before each artifact answer; may break or change it. */
  onArtifact: ((res: ServerResponse, body: Uint8Array, start: number) => boolean) | null;
  /** Certificates are valid this long. */
  certificateLifeMs: number;
  /** Answered by the Socket.io middleware; null = accept. */
  refuseWith: { code: string; message: string } | null;
  usedTokens: Set<string>;
  /** To the node it names, or to all when it names none; whoever connects later gets it too. */
  push(desired: Desired): void;
  /** Of the agent that connected last. */
  askLogs(query: LogQuery): Promise<LogPage>;
  askMetrics(): Promise<MetricsPage>;
  addArtifact(bytes: Uint8Array): string;
  dropAgents(): void;
  close(): Promise<void>;
  issue(commonName: string): Promise<{ certificatePem: string; keyPem: string }>;
};

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function keyPair(): Promise<{ keys: { privateKey: never; publicKey: never }; keyPem: string }> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return { keys: keys as never, keyPem: `-----BEGIN PRIVATE KEY-----\n${der.toString("base64").match(/.{1,64}/g)?.join("\n")}\n-----END PRIVATE KEY-----\n` };
}

async function makeAuthority() {
  const { keys } = await keyPair();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(8).toString("hex"), name: "CN=Test CA", notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3600_000), keys, signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)],
  }, cryptoProvider);
  const sign = async (subject: string, publicKey: never, names: { type: "dns" | "ip"; value: string }[], lifeMs: number) => (await x509.X509CertificateGenerator.create({
    serialNumber: `0${randomBytes(8).toString("hex")}`, subject: [{ CN: [subject] }], issuer: certificate.subject, notBefore: new Date(Date.now() - 1000), notAfter: new Date(Date.now() + lifeMs),
    publicKey, signingKey: keys.privateKey, signingAlgorithm: ALGORITHM, extensions: [new x509.SubjectAlternativeNameExtension(names)],
  }, cryptoProvider)).toString("pem");
  return { caPem: certificate.toString("pem"), sign };
}

const nodeOf = (socket: TLSSocket): string | null => (socket.authorized ? (socket.getPeerCertificate().subject.CN as string) : null);

function attachAgents(tlsServer: HttpsServer, fake: () => FakeConsole) {
  const last = new Map<string, Desired>();
  const sockets = new Set<Socket>();
  const io = new Server(tlsServer, { transports: ["websocket"], serveClient: false });
  const agents = io.of("/agents");
  agents.use((socket, next) => {
    const nodeId = nodeOf(socket.request.socket as TLSSocket);
    const refusal = nodeId ? fake().refuseWith : { code: "unauthorized", message: "no certificate" };
    next(refusal ? Object.assign(new Error(refusal.message), { data: refusal }) : undefined);
  });
  const give = (socket: Socket, desired: Desired) => {
    const nodeId = nodeOf(socket.request.socket as TLSSocket) ?? "";
    socket.emit("desired", { ...desired, nodeId: desired.nodeId || nodeId }, (ack: { cursor: number }) => fake().acknowledged.push(ack.cursor));
  };
  agents.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("disconnect", () => sockets.delete(socket));
    fake().hellos.push(socket.handshake.auth as Hello);
    const nodeId = nodeOf(socket.request.socket as TLSSocket) ?? "";
    const own = fake().reportsOf.get(nodeId) ?? [];
    fake().reportsOf.set(nodeId, own);
    socket.on("report", (report: Report) => { fake().reports.push(report); own.push(report); });
    const kept = last.get(nodeOf(socket.request.socket as TLSSocket) ?? "") ?? last.get("");
    if (kept) give(socket, kept);
  });
  return {
    push(desired: Desired) {
      last.set(desired.nodeId, desired);
      for (const socket of sockets) if (desired.nodeId === "" || desired.nodeId === nodeOf(socket.request.socket as TLSSocket)) give(socket, desired);
    },
    askLogs: (query: LogQuery): Promise<LogPage> => { const socket = [...sockets].at(-1); return socket ? socket.timeout(5_000).emitWithAck("logs", query) : Promise.reject(new Error("no agent is connected")); },
    askMetrics: (): Promise<MetricsPage> => { const socket = [...sockets].at(-1); return socket ? socket.timeout(5_000).emitWithAck("metrics") : Promise.reject(new Error("no agent is connected")); },
    drop: () => void agents.disconnectSockets(true),
    close: () => io.close(),
  };
}

export async function startFakeConsole(options: { port?: number; endpointCaPem?: string; consoleNames?: { type: "dns" | "ip"; value: string }[] } = {}): Promise<FakeConsole> {
  const authority = await makeAuthority();
  const own = await keyPair();
  const ownPem = await authority.sign("console", own.keys.publicKey, options.consoleNames ?? [{ type: "ip", value: "127.0.0.1" }], 3600_000);
  let received = 0;

  const tlsServer = createHttpsServer({ key: own.keyPem, cert: ownPem, ca: authority.caPem, requestCert: true, rejectUnauthorized: false, minVersion: "TLSv1.3" }, (req, res) => void answer(req, res));
  tlsServer.on("connection", (raw: NetSocket) => {
    let before = 0;
    const count = () => { received += raw.bytesRead - before; before = raw.bytesRead; };
    const timer = setInterval(count, 50);
    raw.on("close", () => { clearInterval(timer); count(); });
  });
  const fail = (res: ServerResponse, status: number, message: string) => res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error: { code: "x", message, fix: null } }));
  const readJson = async (req: IncomingMessage) => { let text = ""; for await (const part of req) text += part; return JSON.parse(text) as never; };
  const certify = async (csrPem: string, nodeId: string) => {
    const csr = new x509.Pkcs10CertificateRequest(csrPem);
    if (!(await csr.verify(cryptoProvider))) throw new Error("bad csr");
    const key = await csr.publicKey.export(cryptoProvider);
    return authority.sign(nodeId, key as never, [{ type: "dns", value: nodeId }], fake.certificateLifeMs);
  };
  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    const path = req.url ?? "";
    if (req.method === "POST" && path === "/enrol") {
      const body: EnrolRequest = await readJson(req);
      if (body.token !== fake.token || fake.usedTokens.has(body.token)) return fail(res, 403, "this join token was used before or has expired");
      fake.usedTokens.add(body.token);
      const nodeId = `nod_${randomBytes(5).toString("hex")}`;
      const certificatePem = await certify(body.csrPem, nodeId);
      return res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ nodeId, name: body.name, certificatePem, caPem: authority.caPem, expiresAt: new X509Certificate(certificatePem).validTo }));
    }
    const nodeId = nodeOf(req.socket as TLSSocket);
    if (!nodeId) return fail(res, 401, "a certificate of this console is needed");
    if (req.method === "POST" && path === "/renew") {
      const certificatePem = await certify((await readJson(req) as { csrPem: string }).csrPem, nodeId);
      return res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ certificatePem, caPem: authority.caPem, expiresAt: new X509Certificate(certificatePem).validTo }));
    }
    const digest = /^\/artifacts\/([0-9a-f]{64})$/.exec(path)?.[1] ?? "";
    const bytes = fake.artifacts.get(digest);
    if (!bytes) return fail(res, 404, "no such artifact");
    const [, from = "0", to = ""] = /^bytes=(\d+)-(\d*)$/.exec(req.headers.range ?? "") ?? [];
    const start = Number(from);
    const end = to === "" ? bytes.length : Number(to) + 1;
    fake.requests.push({ digest, start, end });
    const body = bytes.subarray(start, end);
    if (fake.onArtifact?.(res, body, start)) return;
    res.writeHead(206, { "content-length": body.length, "content-range": `bytes ${start}-${end - 1}/${bytes.length}` }).end(body);
  };

  const agents = attachAgents(tlsServer, () => fake);
  await new Promise<void>((resolve) => tlsServer.listen(options.port ?? 0, "127.0.0.1", resolve));
  const tlsPort = (tlsServer.address() as AddressInfo).port;
  const plain = createHttpServer((req, res) => {
    if (req.url !== "/agent-endpoint.json") return res.writeHead(404).end();
    res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ host: "127.0.0.1", port: tlsPort, caPem: options.endpointCaPem ?? authority.caPem, controlVersion: 1 }));
  });
  await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));

  const fake: FakeConsole = {
    url: `http://127.0.0.1:${(plain.address() as AddressInfo).port}`, port: tlsPort, caPem: authority.caPem,
    token: `cpj_${randomBytes(18).toString("base64url")}_${sha256(new X509Certificate(authority.caPem).raw)}`,
    reports: [], reportsOf: new Map(), hellos: [], acknowledged: [], receivedBytes: () => received, artifacts: new Map(), requests: [], onArtifact: null, certificateLifeMs: 3600_000, refuseWith: null, usedTokens: new Set(),
    push: agents.push,
    askLogs: agents.askLogs,
    askMetrics: agents.askMetrics,
    addArtifact(bytes) { const digest = sha256(bytes); this.artifacts.set(digest, bytes); return digest; },
    dropAgents: agents.drop,
    async issue(commonName) {
      const { keys, keyPem } = await keyPair();
      return { keyPem, certificatePem: await authority.sign(commonName, keys.publicKey, [{ type: "dns", value: commonName }], 3600_000) };
    },
    async close() {
      await agents.close();
      tlsServer.closeAllConnections();
      plain.closeAllConnections();
      await new Promise((resolve) => plain.close(resolve));
    },
  };
  return fake;
}
