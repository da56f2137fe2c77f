// Plain answers of the HTTP doors.
import type { IncomingMessage, ServerResponse } from "node:http";
import { AppError, databaseAway, ERROR_STATUS } from "../errors.ts";
import { isDatabaseAway } from "../store/is-database-away.ts";

export function answerJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" });
  res.end(JSON.stringify(body));
}

export function answerText(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" });
  res.end(text);
}

/** What the user may read of an error; the rest goes to the log of the caller. */
export function answerError(res: ServerResponse, error: unknown): void {
  if (res.headersSent) return void res.destroy();
  const known = error instanceof AppError ? error : isDatabaseAway(error) ? databaseAway(error) : new AppError("internal", "Something went wrong inside the console.", { fix: "Its log says more." });
  answerJson(res, ERROR_STATUS[known.code], { error: { code: known.code, message: known.message, place: known.place, fix: known.fix } });
}

/** A small JSON body. @throws AppError too-large, bad-request */
export async function readJson(req: IncomingMessage, maxBytes: number): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of req as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) throw new AppError("too-large", `The request is larger than ${maxBytes} bytes.`, { fix: "Send less at once." });
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch (cause) {
    throw new AppError("bad-request", "The request's body is not JSON.", { fix: "Send a JSON object with content-type: application/json.", cause });
  }
}
