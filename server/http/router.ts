// Owns the way of a request through the web listener: guard, then each door in order, then the pages. Sockets are guarded the same way.
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import type { Logger } from "pino";
import type { RequestHandler } from "../deps.ts";
import { answerError, answerJson } from "./answer.ts";
import type { Guard } from "./guard.ts";
import { signInAddress } from "./sign-in-address.ts";

export type WebServerOptions = {
  guard: Guard;
  log: Logger;
  /** Null = plain HTTP. */
  certificate: { certificatePem: string; keyPem: string } | null;
  observe(req: IncomingMessage, res: ServerResponse): void;
};
export type WebServer = {
  /** Listens. Nothing but the guard hears it. */
  outer: Server;
  /** Beside an HTTPS listener: plain HTTP for clients on this machine, which can't check a certificate of our own authority. Same guard. */
  local: Server | null;
  /** Hears what the guard let pass: sockets attach here, and never have to check again. It does not listen itself. */
  inner: Server;
  /** From the next connection on; nothing where it is plain HTTP. */
  renew(certificate: NonNullable<WebServerOptions["certificate"]>): void;
  /** Asked in order; the last one must answer. */
  doors: RequestHandler[];
};

/** Uploads take as long as they take; a slow header does not. */
const HEADERS_TIMEOUT_MS = 20_000;

export function createWebServer(options: WebServerOptions): WebServer {
  const doors: RequestHandler[] = [];
  const inner = createHttpServer((req, res) => {
    answer(doors, req, res).catch((error) => {
      options.log.error({ err: error, url: req.url }, "a request failed");
      answerError(res, error);
    });
  });
  const onRequest = async (req: IncomingMessage, res: ServerResponse) => {
    options.observe(req, res);
    setSecurityHeaders(res, options.certificate !== null);
    const verdict = await options.guard(req).catch((error: unknown) => {
      options.log.error({ err: error }, "a request could not be checked");
      return { ok: false, status: 503, code: "unavailable", message: "The console cannot check credentials right now.", fix: "Try again in a moment." } as const;
    });
    if (verdict.ok) return void inner.emit("request", req, res);
    const asksForPage = verdict.status === 401 && req.method === "GET" && (req.headers.accept ?? "").includes("text/html");
    if (asksForPage && req.headers["sec-fetch-site"] === "cross-site") return askOnceMore(req, res);
    if (asksForPage) return void res.writeHead(303, { location: signInAddress(req.url ?? "/"), "cache-control": "no-store" }).end();
    answerJson(res, verdict.status, { error: { code: verdict.code, message: verdict.message, place: null, fix: verdict.fix } });
  };
  const onUpgrade = async (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const verdict = await options.guard(req).catch(() => ({ ok: false, status: 503 }) as const);
    if (verdict.ok) return void inner.emit("upgrade", req, socket, head);
    socket.end(`HTTP/1.1 ${verdict.status} ${STATUS_CODES[verdict.status]}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  };
  const { certificate } = options;
  const settings = { requestTimeout: 0, headersTimeout: HEADERS_TIMEOUT_MS };
  const context = ({ certificatePem, keyPem }: NonNullable<WebServerOptions["certificate"]>) => ({ cert: certificatePem, key: keyPem, minVersion: "TLSv1.2" as const });
  const https = certificate ? createHttpsServer({ ...settings, ...context(certificate) }) : null;
  const outer = https ?? createHttpServer(settings);
  const local = certificate ? createHttpServer(settings) : null;
  for (const server of [outer, local]) server?.on("request", onRequest).on("upgrade", onUpgrade);
  return { outer, local, inner, doors, renew: (next) => https?.setSecureContext(context(next)) };
}

/** Who comes from another site, another console say, brings no cookie along, signed in or not; from a page of ours they do. */
function askOnceMore(req: IncomingMessage, res: ServerResponse): void {
  const address = signInAddress(req.url ?? "/");
  res.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
  res.end(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Cutplane</title><meta http-equiv="refresh" content="0;url=${address}"></head><body><a href="${address}">Sign in</a></body></html>`);
}

async function answer(doors: RequestHandler[], req: IncomingMessage, res: ServerResponse): Promise<void> {
  for (const door of doors) if (await door(req, res)) return;
  answerJson(res, 404, { error: { code: "not-found", message: "There is nothing here.", place: req.url, fix: null } });
}

function setSecurityHeaders(res: ServerResponse, secure: boolean): void {
  res.setHeader("x-content-type-options", "nosniff");
  res.setHeader("x-frame-options", "DENY");
  res.setHeader("referrer-policy", "no-referrer");
  res.setHeader("cross-origin-opener-policy", "same-origin");
  res.setHeader("cross-origin-resource-policy", "same-origin");
  // Pages carry inline scripts with their data, and styles computed by the canvas.
  res.setHeader("content-security-policy", "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'");
  if (secure) res.setHeader("strict-transport-security", "max-age=31536000");
}
