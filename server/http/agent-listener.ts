// Owns the listener agents connect to: HTTPS with a server certificate of our own authority, a node certificate asked of everybody and demanded
// for everything but enrolment. The /agents socket is attached to the same server.
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { AgentEndpoint, EnrolRequest, EnrolResponse } from "../../agents/protocol/control.ts";
import { CONTROL_VERSION } from "../../agents/protocol/control.ts";
import { authenticateNode } from "../commands/authenticate-node.ts";
import type { Deps } from "../commands/deps.ts";
import { enrolNode, type SignNode } from "../commands/enrol-node.ts";
import { renewNode } from "../commands/renew-node.ts";
import { AppError } from "../errors.ts";
import { listen } from "../listen.ts";
import type { StoredNode } from "../store/nodes.ts";
import type { CertificateAuthority } from "../trust/certificate-authority.ts";
import { hashOfJoinToken } from "../trust/join-tokens.ts";
import { signNodeCertificate } from "../trust/node-certificate.ts";
import { peerFingerprint } from "../trust/peer-fingerprint.ts";
import { issueServerCertificate, keepServerCertificate, type ServerCertificate } from "../trust/server-certificate.ts";
import type { ServerKey } from "../trust/server-key.ts";
import { answerError, answerJson, readJson } from "./answer.ts";
import { serveArtifact } from "./artifacts.ts";

/** An enrolment carries a certificate request and the hardware: a few kilobytes. */
const MAX_BODY_BYTES = 64 * 1024;

export type AgentListenerOptions = {
  deps: Deps;
  authority: CertificateAuthority;
  key: ServerKey;
  host: string;
  /** The first that is free is taken; the last one is usually 0 = any. */
  ports: number[];
  /** Names and addresses of the certificate, beside loopback. */
  hosts: string[];
  /** What agents are told to connect to. */
  advertisedHost: string;
};
export type AgentListener = { server: Server; endpoint: AgentEndpoint; close(): Promise<void> };

/** Listens when it returns. @throws Error with a plain sentence when no port is free */
export async function startAgentListener(options: AgentListenerOptions): Promise<AgentListener> {
  const { deps, authority } = options;
  const context = (issued: ServerCertificate) => ({ cert: issued.certificatePem, key: issued.keyPem, ca: authority.certificatePem, minVersion: "TLSv1.3" as const });
  const certificate = await keepServerCertificate(() => issueServerCertificate(authority, { key: options.key, hosts: options.hosts, now: deps.clock.now() }), {
    now: deps.clock.now,
    onRenewed: (issued) => server.setSecureContext(context(issued)),
    onFailed: (error) => deps.log.warn({ err: error }, "the agents' listener could not renew its certificate"),
  });
  const server = createServer({ ...context(certificate.first), requestCert: true, rejectUnauthorized: false }, (req, res) => {
    answer(options, req, res).catch((error) => {
      if (!(error instanceof AppError)) deps.log.error({ err: error, url: req.url }, "a request of an agent failed");
      answerError(res, error);
    });
  });
  // A connection that breaks in its handshake is the other side's business.
  server.on("tlsClientError", (error) => deps.log.debug({ err: error }, "a TLS handshake failed"));
  await listenOnOneOf(server, options.host, options.ports);
  const { port } = server.address() as AddressInfo;
  return {
    server,
    endpoint: { host: options.advertisedHost, port, caPem: authority.certificatePem, controlVersion: CONTROL_VERSION },
    close() {
      certificate.stop();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function listenOnOneOf(server: Server, host: string, ports: number[]): Promise<void> {
  for (const [index, port] of ports.entries()) {
    try {
      return await listen(server, host, port, "--agent-port");
    } catch (error) {
      if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code !== "EADDRINUSE" || index === ports.length - 1) throw error;
    }
  }
}

async function answer(options: AgentListenerOptions, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { pathname } = new URL(req.url ?? "/", "https://console");
  const { deps } = options;
  if (req.method === "POST" && pathname === "/enrol") return answerJson(res, 200, await enrol(options, (await readJson(req, MAX_BODY_BYTES)) as EnrolRequest));
  const node = await nodeOf(deps, req);
  if (req.method === "POST" && pathname === "/renew") {
    const { csrPem } = (await readJson(req, MAX_BODY_BYTES)) as { csrPem: string };
    const renewed = await renewNode(deps, { nodeId: node.id, csrPem, sign: signer(options) });
    return answerJson(res, 200, { ...renewed, caPem: options.authority.certificatePem });
  }
  if (node.approvedAt === null) throw new AppError("forbidden", "This node waits for approval: it gets nothing of any model yet.", { fix: "Approve it in the console." });
  const digest = /^\/artifacts\/([0-9a-f]{64})$/.exec(pathname)?.[1];
  if (digest && (req.method === "GET" || req.method === "HEAD")) return serveArtifact(req, res, { dataFolder: deps.dataFolder, digest });
  throw new AppError("not-found", `There is nothing at ${req.method} ${pathname} on the agents' listener.`, { fix: "Only agents speak here. The API and the pages are at the console's own address." });
}

/** @throws AppError unauthorized, forbidden */
function nodeOf(deps: Deps, req: IncomingMessage): Promise<StoredNode> {
  const fingerprint = peerFingerprint(req.socket as TLSSocket);
  if (!fingerprint) throw new AppError("unauthorized", "A certificate of this console is needed.", { fix: "Enrol the node with a join token." });
  return authenticateNode(deps, fingerprint);
}

async function enrol(options: AgentListenerOptions, request: EnrolRequest): Promise<EnrolResponse> {
  const wellFormed = typeof request?.token === "string" && typeof request.csrPem === "string" && typeof request.name === "string" && typeof request.hardware === "object" && request.hardware !== null;
  if (!wellFormed) throw new AppError("bad-request", "An enrolment needs token, csrPem, name and hardware.", { fix: "Install the agent this console serves (its /install.sh)." });
  const tokenHash = hashOfJoinToken(request.token, options.authority.fingerprint);
  if (!tokenHash) throw new AppError("unauthorized", "The join token is not one of this console's.", { fix: "Make a new join token in the console." });
  const enrolled = await enrolNode(options.deps, { request, tokenHash, sign: signer(options) });
  return { ...enrolled, expiresAt: enrolled.expiresAt.toISOString(), caPem: options.authority.certificatePem };
}

function signer(options: AgentListenerOptions): SignNode {
  return ({ csrPem, nodeId }) => signNodeCertificate(options.authority, { csrPem, nodeId, now: options.deps.clock.now() });
}
