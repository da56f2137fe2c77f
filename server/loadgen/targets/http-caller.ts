// Owns one kept-alive pool of connections to a target, and calls over it that end within their limit, whatever the other side does.
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";

export type Reply = { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer };
export type Call = { method: "GET" | "POST"; path: string; headers?: Record<string, string>; body?: Buffer | null; /** Each piece of the body as it comes, instead of at the end. */ onPiece?: (piece: Buffer) => void };
export type HttpCaller = { call(call: Call, done: (error: Error | null, reply: Reply | null) => void): void; close(): void };

/** A call's limit, so that a wrong answer cannot fill memory. */
export const MAX_REPLY_BYTES = 64 * 2 ** 20;
/** Too many requests; unavailable. */
export const REFUSALS = [429, 503];
/** Idle connections that are kept: as many as a busy Server run has open at once. */
const MAX_FREE_SOCKETS = 1024;

export type CallerOptions = { baseUrl: string; timeoutMs: number; headers: Record<string, string>; /** Of a server whose certificate nobody has signed. */ insecure?: boolean; /** How names become addresses; absent = as the system does. */ lookup?: LookupFunction };

/** @throws Error when `baseUrl` is no http(s) URL */
export function createHttpCaller({ baseUrl, timeoutMs, headers, insecure, lookup }: CallerOptions): HttpCaller {
  const base = parseBase(baseUrl);
  const isTls = base.protocol === "https:";
  const settings = { ...(lookup ? { lookup } : {}), keepAlive: true, noDelay: true, maxFreeSockets: MAX_FREE_SOCKETS, scheduling: "lifo" as const };
  const agent = isTls ? new HttpsAgent({ ...settings, rejectUnauthorized: !insecure }) : new HttpAgent(settings);
  const send = isTls ? httpsRequest : httpRequest;
  const prefix = base.pathname.replace(/\/+$/, "");
  return {
    call(call, done) {
      let isDone = false;
      const finish = (error: Error | null, reply: Reply | null) => {
        if (isDone) return;
        isDone = true;
        clearTimeout(timer);
        done(error, reply);
      };
      const req = send({ protocol: base.protocol, hostname: base.hostname.replace(/^\[|\]$/g, ""), port: base.port, path: prefix + call.path, method: call.method, agent, headers: { ...headers, ...call.headers, ...(call.body ? { "content-length": String(call.body.length) } : {}) } });
      const timer = setTimeout(() => req.destroy(new Error(`no whole answer within ${timeoutMs} ms`)), timeoutMs);
      req.on("error", (error) => finish(error, null));
      req.on("response", (response) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        response.on("data", (piece: Buffer) => {
          bytes += piece.length;
          if (bytes > MAX_REPLY_BYTES) return void req.destroy(new Error(`the answer is larger than ${MAX_REPLY_BYTES} bytes`));
          call.onPiece?.(piece);
          pieces.push(piece);
        });
        response.on("error", (error) => finish(error, null));
        response.on("aborted", () => finish(new Error("the connection ended within the answer"), null));
        response.on("end", () => finish(null, { status: response.statusCode ?? 0, headers: response.headers, body: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces) }));
      });
      req.end(call.body ?? undefined);
    },
    close: () => agent.destroy(),
  };
}

function parseBase(url: string): URL {
  if (!URL.canParse(url)) throw new Error(`"${url}" is no URL: give one like http://127.0.0.1:8000`);
  const base = new URL(url);
  if (base.protocol !== "http:" && base.protocol !== "https:") throw new Error(`"${url}" must begin with http:// or https://`);
  return base;
}

export function ask(caller: HttpCaller, call: Call): Promise<Reply> {
  return new Promise((resolve, reject) => caller.call(call, (error, reply) => (reply ? resolve(reply) : reject(error))));
}
