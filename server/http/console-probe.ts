// Gives the browser the small worker by which a page asks whether a console lives. It alone may reach another console, and only those this one
// knows: the policy of the page itself lets it talk to nobody but its own.
import type { RequestHandler } from "../deps.ts";

/** Told {id, urls, timeoutMs}, answers {id, answering}: those of `urls` that live. No cookie goes along, and nothing but "ok" comes back. */
const PROGRAM = `onmessage = async ({ data: { id, urls, timeoutMs } }) => {
  const lives = (url) => fetch(url + "/healthz", { mode: "cors", credentials: "omit", cache: "no-store", redirect: "error", signal: AbortSignal.timeout(timeoutMs) }).then((response) => response.ok, () => false);
  const answers = await Promise.all(urls.map(lives));
  postMessage({ id, answering: urls.filter((_, at) => answers[at]) });
};
`;

/** `origins`: of the consoles that may be asked. */
export function createConsoleProbeHandler(origins: () => string[]): RequestHandler {
  return async (req, res) => {
    if (req.url !== "/console-probe.js") return false;
    res.setHeader("content-security-policy", ["default-src 'none'; connect-src 'self'", ...origins()].join(" "));
    res.writeHead(200, { "content-type": "text/javascript; charset=utf-8", "cache-control": "no-store" }).end(PROGRAM);
    return true;
  };
}
