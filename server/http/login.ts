// The page where a browser gives its token, on consoles that demand one. It stands alone: no script, no asset, nothing of the fleet.
import type { IncomingMessage } from "node:http";
import { AppError } from "../errors.ts";
import type { RequestHandler } from "../deps.ts";
import { CREDENTIAL_COOKIE } from "../trust/credentials.ts";
import { answerError } from "./answer.ts";

const MAX_FORM_BYTES = 4_096;
/** A month; revoking the credential ends it at once. */
const COOKIE_SECONDS = 30 * 24 * 3600;
const TOKEN = /^[A-Za-z0-9_-]{1,256}$/;

/** `recognises` says whether a token opens the console. */
export function createLoginHandler(recognises: (token: string) => Promise<boolean>): RequestHandler {
  return async (req, res) => {
    const { pathname } = new URL(req.url ?? "/", "http://console");
    if (pathname !== "/login") return false;
    if (req.method !== "POST") {
      res.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }).end(page(null));
      return true;
    }
    try {
      const token = (await readForm(req)).get("token")?.trim() ?? "";
      if (TOKEN.test(token) && (await recognises(token))) {
        const cookie = `${CREDENTIAL_COOKIE}=${token}; Path=/; Max-Age=${COOKIE_SECONDS}; HttpOnly; Secure; SameSite=Strict`;
        res.writeHead(303, { location: "/", "set-cookie": cookie, "cache-control": "no-store" }).end();
      } else res.writeHead(401, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }).end(page("This token does not open the console."));
    } catch (error) {
      answerError(res, error);
    }
    return true;
  };
}

async function readForm(req: IncomingMessage): Promise<URLSearchParams> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of req as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_FORM_BYTES) throw new AppError("too-large", "The form is too large.", { fix: "It takes one token." });
    parts.push(part);
  }
  return new URLSearchParams(Buffer.concat(parts).toString("utf8"));
}

function page(problem: string | null): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Sign in · Cutplane</title><style>
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:100vh;margin:0}
form{display:grid;gap:.75rem;width:min(24rem,90vw)}input,button{font:inherit;padding:.6rem .75rem;border-radius:.4rem;border:1px solid #8888}
button{background:#1b5fd0;color:#fff;border-color:transparent;cursor:pointer}p{margin:0}.problem{color:#c0262d}</style></head><body>
<form method="post" action="/login"><h1>Cutplane</h1><label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
${problem ? `<p class="problem" role="alert">${problem}</p>` : ""}<button>Sign in</button>
<p>The admin token was shown in the terminal when the console first started.</p></form></body></html>`;
}
