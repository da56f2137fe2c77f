// Owns what becomes of a body that nobody reads, once its request is refused: a small one is thrown away and the connection stays; of a large one so much is
// taken that a client that only writes, and reads later, still finds the answer; one that was never asked for does not come.
import type { IncomingMessage, ServerResponse } from "node:http";
import { waitsToContinue } from "./request-body.ts";

/** Thrown away at most, where the connection is to stay: less than a new connection with TLS costs. */
const MAX_DRAINED_BYTES = 1024 * 1024;
/** Of a larger one, until the connection ends: closed with bytes unread, the system takes the answer back with a reset. */
const LINGER_BYTES = 4 * 1024 * 1024;
const LINGER_MS = 1_000;

export type Unread = "none" | "drain" | "close" | "linger";

/** `declaredBytes`: of the whole body; null = not said. */
export function unreadOf({ complete, waits, declaredBytes }: { complete: boolean; waits: boolean; declaredBytes: number | null }): Unread {
  if (complete) return "none";
  if (waits) return "close";
  return declaredBytes !== null && declaredBytes <= MAX_DRAINED_BYTES ? "drain" : "linger";
}

export function unread(req: IncomingMessage): Unread {
  const declared = req.headers["content-length"];
  return unreadOf({ complete: req.complete, waits: waitsToContinue(req), declaredBytes: declared === undefined ? null : Number(declared) });
}

/** Sends a refusal whole, and ends the request as `how` says. Its headers must say `connection: close` for "close" and "linger". */
export function endRefused(req: IncomingMessage, res: ServerResponse, body: string, how: Unread): void {
  if (how !== "linger") {
    if (how === "drain") req.resume();
    return void res.end(body);
  }
  let left = LINGER_BYTES;
  const end = (): void => {
    clearTimeout(timer);
    req.removeAllListeners("data");
    res.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  timer.unref();
  req.on("data", (part: Buffer) => { left -= part.length; if (left <= 0) end(); });
  req.once("end", end);
  req.once("close", () => clearTimeout(timer));
  // Whole by its length: the client has it while the rest of its own bytes is still on the way.
  res.write(body);
  req.resume();
}
