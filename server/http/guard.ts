// Decides before anything else sees a request: is it meant for us, does it come from our own pages, does it carry a credential where one is demanded.
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Actor } from "../commands/deps.ts";

export type Verdict = { ok: true } | { ok: false; status: 401 | 403 | 421; code: "unauthorized" | "forbidden" | "bad-request"; message: string; fix: string };
export type Guard = (req: IncomingMessage) => Promise<Verdict>;
export type GuardOptions = {
  /** Names and addresses the console answers to, in lower case, without ports. */
  hosts: Set<string>;
  /** A credential is demanded. */
  secure: boolean;
  actorOf(headers: IncomingHttpHeaders): Promise<Actor | null>;
  /** Of an origin: its pages may ask whether this console lives, and nothing else. */
  isKnownConsole(origin: string): boolean;
};

/** What a machine or a person needs before there is a credential. Everything here tells nothing about the fleet. */
const PUBLIC_PATHS = new Set(["/login", "/healthz", "/agent-endpoint.json", "/install.sh", "/favicon.ico", "/icon.svg"]);
const PUBLIC_PREFIXES = ["/agent/", "/_next/static/"];

export function createGuard(options: GuardOptions): Guard {
  return async (req) => {
    const host = hostOf(req.headers.host);
    // A page of a foreign name that resolves to this machine ("DNS rebinding") carries that name here.
    if (!options.hosts.has(host)) return refuse(421, "bad-request", `This console does not answer to the name "${host}".`, "Use its address, or start it with --public-host.");
    if (!fromOwnPage(req) && !asksIfItLives(req, options.isKnownConsole)) return refuse(403, "forbidden", "The request comes from a page of another site.", "Use the console's own pages, or a script without an Origin header.");
    if (!options.secure || isPublic(req)) return { ok: true };
    if ((await options.actorOf(req.headers)) !== null) return { ok: true };
    return refuse(401, "unauthorized", "A credential is needed.", "Send `Authorization: Bearer <token>`, or sign in at /login.");
  };
}

function refuse(status: 401 | 403 | 421, code: "unauthorized" | "forbidden" | "bad-request", message: string, fix: string): Verdict {
  return { ok: false, status, code, message, fix };
}

/** Lower case, without port and brackets. */
export function hostOf(header: string | undefined): string {
  const host = (header ?? "").toLowerCase().replace(/:\d+$/, "");
  return host.replace(/^\[|\]$/g, "");
}

/** Browsers name the page's origin in every request that could change something, and in every socket's. */
function fromOwnPage(req: IncomingMessage): boolean {
  const origin = req.headers.origin;
  if (origin === undefined) return req.headers["sec-fetch-site"] !== "cross-site" || req.headers["sec-fetch-mode"] === "navigate";
  return URL.canParse(origin) && new URL(origin).host.toLowerCase() === (req.headers.host ?? "").toLowerCase();
}

/** A page whose own console does not answer looks for another. */
function asksIfItLives(req: IncomingMessage, isKnownConsole: GuardOptions["isKnownConsole"]): boolean {
  return req.method === "GET" && req.url === "/healthz" && req.headers.origin !== undefined && isKnownConsole(req.headers.origin);
}

function isPublic(req: IncomingMessage): boolean {
  const { pathname } = new URL(req.url ?? "/", "http://console");
  return PUBLIC_PATHS.has(pathname) || PUBLIC_PREFIXES.some((prefix) => pathname.startsWith(prefix));
}
