// The page where a browser gives its token, on consoles that demand one, and comes back to the page it asked for. It stands alone: no script, no asset, nothing of the fleet.
import type { IncomingMessage } from "node:http";
import { AppError } from "../errors.ts";
import type { RequestHandler } from "../deps.ts";
import { CREDENTIAL_COOKIE, tokenOf } from "../trust/credentials.ts";
import { answerError } from "./answer.ts";
import { pageAfterSignIn, signInAddress } from "./sign-in-address.ts";

const MAX_FORM_BYTES = 4_096;
/** A month; revoking the credential ends it at once. */
const COOKIE_SECONDS = 30 * 24 * 3600;
const TOKEN = /^[A-Za-z0-9_-]{1,256}$/;

/** `recognises` says whether a token opens the console. */
export function createLoginHandler(recognises: (token: string) => Promise<boolean>): RequestHandler {
  return async (req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? "/", "http://console");
    if (pathname !== "/login") return false;
    const next = pageAfterSignIn(searchParams.get("next"));
    // A form of a page that tells nobody where it is comes from nowhere ("Origin: null"), as one of a foreign page may: it would be refused.
    res.setHeader("referrer-policy", "same-origin");
    try {
      if (req.method !== "POST") {
        const held = tokenOf(req.headers);
        if (held !== null && (await recognises(held))) res.writeHead(303, { location: next, "cache-control": "no-store" }).end();
        else res.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }).end(page(next, null));
        return true;
      }
      const token = (await readForm(req)).get("token")?.trim() ?? "";
      if (TOKEN.test(token) && (await recognises(token))) {
        const cookie = `${CREDENTIAL_COOKIE}=${token}; Path=/; Max-Age=${COOKIE_SECONDS}; HttpOnly; Secure; SameSite=Strict`;
        res.writeHead(303, { location: next, "set-cookie": cookie, "cache-control": "no-store" }).end();
      } else res.writeHead(401, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" }).end(page(next, "This token does not open the console: it was mistyped, or its credential was revoked. Ask whoever runs the console for another."));
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
    if (bytes > MAX_FORM_BYTES) throw new AppError("too-large", "The form is too large.", { fix: "It takes one credential's token." });
    parts.push(part);
  }
  return new URLSearchParams(Buffer.concat(parts).toString("utf8"));
}

/** `next`: a path of ours. */
function page(next: string, problem: string | null): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Sign in · Cutplane</title><style>
:root{color-scheme:light dark;--ground:oklch(.968 .004 95);--panel:oklch(.988 .003 95);--line:oklch(.79 .008 95);--ink:oklch(.245 .012 230);--ink-2:oklch(.415 .014 230);--accent:oklch(.475 .085 215);--accent-mid:oklch(.74 .075 212);--accent-ink:#fff;--bad:oklch(.5 .165 27)}
@media (prefers-color-scheme:dark){:root{--ground:oklch(.178 .009 230);--panel:oklch(.207 .01 230);--line:oklch(.4 .015 230);--ink:oklch(.925 .006 220);--ink-2:oklch(.775 .01 220);--accent:oklch(.79 .09 205);--accent-mid:oklch(.5 .065 210);--accent-ink:oklch(.19 .02 215);--bad:oklch(.735 .13 25)}}
body{font:.875rem/1.4 system-ui,sans-serif;display:grid;place-items:center;min-height:100vh;margin:0;background:var(--ground);color:var(--ink)}
form{display:grid;gap:.75rem;width:min(22rem,calc(100vw - 4rem));padding:1.25rem;border:1px solid var(--line);border-radius:5px;background:var(--panel)}
h1{display:flex;align-items:center;gap:.5rem;margin:0 0 .25rem;font-size:1.0625rem;font-weight:500}svg{width:1.6em;height:1.6em}p{margin:0;color:var(--ink-2)}label{font-weight:500}
input,button{font:inherit;min-height:2.25rem;padding:0 .6rem;border-radius:3px;border:1px solid var(--line);background:transparent;color:inherit}
button{background:var(--accent);color:var(--accent-ink);border-color:var(--accent);font-weight:500;cursor:pointer}:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.problem{border-left:2px solid var(--bad);padding-left:.6rem;color:var(--bad)}</style></head><body>
<main><form method="post" action="${signInAddress(next)}"><h1><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 4.5h10L9.5 19.5H3z" fill="var(--accent)"/><path d="M16 4.5h5v15h-8.5z" fill="var(--accent-mid)"/></svg>Sign in to Cutplane</h1><label for="token">Credential’s token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
${problem ? `<p class="problem" role="alert">${problem}</p>` : ""}<button>Sign in</button>
<p>The first one was shown in the terminal when the console started for the first time. Others are made in Settings.</p></form></main></body></html>`;
}
