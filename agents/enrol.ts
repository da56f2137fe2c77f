// Owns how a join token becomes a certificate: find the console's agent listener, trust its CA only if it hashes to the token's fingerprint,
// make a key here, send a certificate request. The token is held in memory for this one exchange and never written or logged.
import { createHash, X509Certificate } from "node:crypto";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { AgentError, messageOf } from "./agent-error.ts";
import { createConsoleClient } from "./console-client.ts";
import type { Identity } from "./identity.ts";
import { type AgentEndpoint, CONTROL_VERSION, type EnrolRequest, type EnrolResponse, type Hardware } from "./protocol/control.ts";

const TOKEN_PATTERN = /^cpj_([A-Za-z0-9_-]{16,200})_([0-9a-f]{64})$/;
const MAX_ENDPOINT_BYTES = 64 * 1024;
const ENDPOINT_TIMEOUT_MS = 15_000;

/** The lower-case hex sha-256 of the console's CA (DER). @throws AgentError "token-malformed"; the message never repeats the token. */
export function fingerprintOfToken(token: string): string {
  const match = TOKEN_PATTERN.exec(token);
  if (!match?.[2]) throw new AgentError("token-malformed", "the join token is not complete: it looks like cpj_<secret>_<64 hex digits>; copy the whole install line again");
  return match[2];
}

export function fingerprintOfCa(caPem: string): string {
  return createHash("sha256").update(new X509Certificate(caPem).raw).digest("hex");
}

/**
 * Where agents connect. The answer is worth nothing until its CA hashes to `fingerprint`, so how it travelled (plain HTTP, a self-signed proxy) does not matter.
 * @throws AgentError "ca-mismatch" (final), "console-unreachable" (retry)
 */
export async function findEndpoint(consoleUrl: string, fingerprint: string): Promise<AgentEndpoint> {
  const url = new URL(`${consoleUrl}/agent-endpoint.json`);
  const endpoint = parseEndpoint(await fetchText(url), url);
  let actual: string;
  try {
    actual = fingerprintOfCa(endpoint.caPem);
  } catch {
    throw new AgentError("ca-mismatch", `what answers at ${consoleUrl} sent no readable CA certificate`);
  }
  if (actual !== fingerprint) {
    throw new AgentError("ca-mismatch", `what answers at ${consoleUrl} is not the console this node was told to trust: its CA is ${actual.slice(0, 16)}…, expected ${fingerprint.slice(0, 16)}…; nothing was sent to it`);
  }
  if (endpoint.controlVersion !== CONTROL_VERSION) {
    throw new AgentError("version", `the console speaks control version ${endpoint.controlVersion}, this agent ${CONTROL_VERSION}: install the agent from that console`);
  }
  return endpoint;
}

function fetchText(url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(new AgentError("console-unreachable", `no console answers at ${url.origin}: ${messageOf(error)}`, { retry: true, cause: error }));
    const start = url.protocol === "https:" ? httpsRequest : httpRequest;
    const outgoing = start(url, { timeout: ENDPOINT_TIMEOUT_MS, agent: false, rejectUnauthorized: false }, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        return fail(new Error(`${url.pathname} answered ${response.statusCode}`));
      }
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
        if (text.length > MAX_ENDPOINT_BYTES) outgoing.destroy(new Error(`${url.pathname} is larger than ${MAX_ENDPOINT_BYTES} bytes`));
      });
      response.on("end", () => resolve(text));
      response.on("error", fail);
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer for ${ENDPOINT_TIMEOUT_MS} ms`)));
    outgoing.on("error", fail);
    outgoing.end();
  });
}

function parseEndpoint(text: string, url: URL): AgentEndpoint {
  let value: Partial<AgentEndpoint> = {};
  try {
    value = JSON.parse(text) as Partial<AgentEndpoint>;
  } catch {
    // handled below: an answer that is not JSON has none of the fields
  }
  if (typeof value?.port !== "number" || typeof value.caPem !== "string" || typeof value.controlVersion !== "number") {
    throw new AgentError("console-unreachable", `${url.origin} answers, but not as a Cutplane console: ${url.pathname} has not the expected fields`, { retry: true });
  }
  // A console that listens everywhere does not know by which of its addresses it was found; we do.
  const unspecified = !value.host || ["0.0.0.0", "::", "*"].includes(value.host);
  return { host: unspecified ? url.hostname.replace(/^\[|\]$/g, "") : (value.host as string), port: value.port, caPem: value.caPem, controlVersion: value.controlVersion };
}

/** A fresh ECDSA P-256 key and a request for it. The x509 library is loaded here only: an agent that already has its identity never pays for it. */
export async function createCertificateRequest(commonName: string): Promise<{ keyPem: string; csrPem: string }> {
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const { webcrypto } = await import("node:crypto");
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create(
    { name: [{ CN: [commonName] }], keys, signingAlgorithm: algorithm, extensions: [] }, webcrypto as never);
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const keyPem = `-----BEGIN PRIVATE KEY-----\n${pkcs8.match(/.{1,64}/g)?.join("\n")}\n-----END PRIVATE KEY-----\n`;
  return { keyPem, csrPem: csr.toString("pem") };
}

/** @throws AgentError "token-refused" (final), "ca-mismatch" (final), "console-unreachable" (retry) */
export async function enrol(options: { consoleUrl: string; token: string; name: string; hardware: Hardware }): Promise<Identity> {
  const endpoint = await findEndpoint(options.consoleUrl, fingerprintOfToken(options.token));
  const { keyPem, csrPem } = await createCertificateRequest(options.name);
  const client = createConsoleClient(endpoint);
  const body: EnrolRequest = { controlVersion: CONTROL_VERSION, token: options.token, csrPem, name: options.name, hardware: options.hardware };
  try {
    const answer = (await client.json("POST", "/enrol", body)) as EnrolResponse;
    if (fingerprintOfCa(answer.caPem) !== fingerprintOfCa(endpoint.caPem)) throw new AgentError("ca-mismatch", "the console answered the enrolment with a different CA; nothing was stored");
    return {
      nodeId: answer.nodeId, name: answer.name, consoleUrl: options.consoleUrl, host: endpoint.host, port: endpoint.port,
      caPem: answer.caPem, certificatePem: answer.certificatePem, keyPem,
    };
  } catch (error) {
    if (error instanceof AgentError && error.code === "console-refused" && !error.retry) throw new AgentError("token-refused", `this node could not join: ${error.message}`, { cause: error });
    throw error;
  } finally {
    client.close();
  }
}

/** A new key and certificate for the same node, asked for with the present one. @throws AgentError "console-refused" or "console-unreachable" */
export async function renew(identity: Identity): Promise<Identity> {
  const { keyPem, csrPem } = await createCertificateRequest(identity.name);
  const client = createConsoleClient(identity);
  try {
    const answer = (await client.json("POST", "/renew", { csrPem })) as { certificatePem: string; caPem: string };
    if (fingerprintOfCa(answer.caPem) !== fingerprintOfCa(identity.caPem)) throw new AgentError("ca-mismatch", "the console answered the renewal with a different CA; the present certificate stays");
    return { ...identity, keyPem, certificatePem: answer.certificatePem };
  } finally {
    client.close();
  }
}
