// Owns HTTPS requests to the console's agent listener: pinned to the console's own CA, with the node's certificate where it has one. Knows no paths but what it is told.
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { AgentError, messageOf } from "./agent-error.ts";

/** A name only the console's own certificate carries: the console may be reached by an address it does not know of (NAT, a forwarded port). */
export const CONSOLE_SERVER_NAME = "cutplane-console";
/** JSON answers of the console are a certificate or two. */
const MAX_JSON_BYTES = 1024 * 1024;
/** Connections kept for artifact ranges; more than the cache's parallelism would never be used. */
const MAX_SOCKETS = 8;

export type ConsoleClient = {
  /** Answers of any status; the caller reads or destroys the body. @throws AgentError "console-unreachable" (retry). */
  open(options: { method: string; path: string; headers?: Record<string, string>; body?: string; idleTimeoutMs: number; signal?: AbortSignal }): Promise<IncomingMessage>;
  /** @throws AgentError "console-refused" for any answer but 2xx, with the console's own sentence. */
  json(method: string, path: string, body: unknown): Promise<unknown>;
  close(): void;
};

/** Chains to the pinned CA (checked before this is called) and is the console: by its address, or by its fixed name. Node certificates of the same CA are neither. */
export function checkConsoleIdentity(host: string, certificate: PeerCertificate): Error | undefined {
  const names = (certificate.subjectaltname ?? "").split(", ");
  return names.includes(`DNS:${CONSOLE_SERVER_NAME}`) ? undefined : checkServerIdentity(host, certificate);
}

export function createConsoleClient(options: { host: string; port: number; caPem: string; certificatePem?: string; keyPem?: string }): ConsoleClient {
  const agent = new Agent({
    keepAlive: true, maxSockets: MAX_SOCKETS, ca: options.caPem, cert: options.certificatePem, key: options.keyPem,
    minVersion: "TLSv1.3", rejectUnauthorized: true, checkServerIdentity: checkConsoleIdentity,
  });
  const open: ConsoleClient["open"] = ({ method, path, headers = {}, body, idleTimeoutMs, signal }) =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        { host: options.host, port: options.port, method, path, agent, signal, timeout: idleTimeoutMs, headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }) } },
        resolve,
      );
      outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer for ${idleTimeoutMs} ms`)));
      outgoing.on("error", (error) => reject(new AgentError("console-unreachable", `the console at ${options.host}:${options.port} did not answer ${method} ${path}: ${messageOf(error)}`, { retry: true, cause: error })));
      outgoing.end(body);
    });
  const json: ConsoleClient["json"] = async (method, path, body) => {
    const response = await open({ method, path, body: JSON.stringify(body), idleTimeoutMs: 15_000 });
    return parseAnswer(response, await readText(response), path);
  };
  return { open, json, close: () => agent.destroy() };
}

async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_JSON_BYTES) throw new AgentError("console-refused", `the console's answer is larger than ${MAX_JSON_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function parseAnswer(response: IncomingMessage, text: string, path: string): unknown {
  const status = response.statusCode ?? 0;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (status >= 200 && status < 300 && value !== null) return value;
  const stated = (value as { error?: { message?: unknown; fix?: unknown } } | null)?.error;
  const sentence = typeof stated?.message === "string" ? [stated.message, stated.fix].filter((part) => typeof part === "string").join(" ") : `it answered ${status} to ${path}`;
  throw new AgentError("console-refused", `the console refused: ${sentence}`, { retry: status >= 500 || status === 429 || status === 408 });
}
