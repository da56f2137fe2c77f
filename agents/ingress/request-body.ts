// Owns bodies: read whole within a limit, unpacked within the same limit, answers packed when a client asks for it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { constants, deflate, gunzip, gzip, inflate, type ZlibOptions } from "node:zlib";
import { Refusal } from "./refusal.ts";

/** Bodies being read, across all requests: bounds memory before a request counts as in flight. */
const MAX_BYTES_BEING_READ = 512 * 1024 * 1024;
/** Comes along with its head, or nearly: it is read as soon as it could be refused. */
const SMALL_BYTES = 64 * 1024;
/** Tensors hardly shrink: the fastest level. */
const PACK: ZlibOptions = { level: constants.Z_BEST_SPEED };
type Unpack = (bytes: Uint8Array, options: ZlibOptions) => Promise<Buffer>;
const UNPACK: Record<string, Unpack> = { gzip: promisify<Uint8Array, ZlibOptions, Buffer>(gunzip), deflate: promisify<Uint8Array, ZlibOptions, Buffer>(inflate) };
const PACKED: Record<string, Unpack> = { gzip: promisify<Uint8Array, ZlibOptions, Buffer>(gzip), deflate: promisify<Uint8Array, ZlibOptions, Buffer>(deflate) };
const PACKINGS = Object.keys(UNPACK).join(", ");

let bytesBeingRead = 0;

/** Requests whose client waits for "100 Continue" before it sends its body. */
const waiting = new WeakMap<IncomingMessage, ServerResponse>();

/** Said when the body is read, and not before: a request that is refused need not be sent. */
export const continueWhenRead = (req: IncomingMessage, res: ServerResponse): void => void waiting.set(req, res);

/** Nothing of its body has been asked for, so that it may never come. */
export const waitsToContinue = (req: IncomingMessage): boolean => waiting.has(req);

/** Whether a body may be so large that it is worth refusing it before it is read. */
export function isLarge(req: IncomingMessage): boolean {
  return req.headers["transfer-encoding"] !== undefined || waiting.has(req) || isLargeBody(Number(req.headers["content-length"] ?? 0));
}

export const isLargeBody = (bytes: number): boolean => bytes > SMALL_BYTES;

/** Of bytes that are read from elsewhere than a connection: what to call once they are here. Throws Refusal 503 where too many are being read. */
export function takeReading(bytes: number): () => void {
  if (bytesBeingRead + bytes > MAX_BYTES_BEING_READ) throw tooMany();
  bytesBeingRead += bytes;
  return () => { bytesBeingRead -= bytes; };
}

/** Content-Encoding gzip and deflate are undone. Rejects with Refusal 400, 413, 415, 503. */
export async function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = req.headers["content-encoding"] ?? "identity";
  const unpack = Object.hasOwn(UNPACK, encoding) ? UNPACK[encoding] : undefined;
  if (encoding !== "identity" && !unpack) throw new Refusal(415, "unsupported_encoding", `the body is encoded as ${encoding}: send it as it is, or as ${PACKINGS}`);
  const body = await readRaw(req, maxBytes);
  if (!unpack) return body;
  try {
    return await unpack(body, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(maxBytes);
    throw new Refusal(400, "bad_request", `the body is not ${encoding}: ${(error as Error).message}`);
  }
}

const tooMany = (): Refusal => new Refusal(503, "overloaded", "too many large requests are being read", 1);
const tooLarge = (maxBytes: number): Refusal => new Refusal(413, "too_large", `the body may have at most ${maxBytes} bytes`);

function readRaw(req: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (Number(req.headers["content-length"] ?? Number.NaN) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  waiting.get(req)?.writeContinue();
  waiting.delete(req);
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const end = (act: () => void): void => { bytesBeingRead -= bytes; bytes = 0; req.removeAllListeners("data"); act(); };
    const refuse = (refusal: Refusal): void => end(() => { req.pause(); reject(refusal); });
    req.on("data", (part: Buffer) => {
      bytes += part.length;
      bytesBeingRead += part.length;
      if (bytes > maxBytes) return refuse(tooLarge(maxBytes));
      if (bytesBeingRead > MAX_BYTES_BEING_READ) return refuse(tooMany());
      parts.push(part);
    });
    req.once("end", () => { const total = bytes; end(() => resolve(parts.length === 1 ? parts[0]! : Buffer.concat(parts, total))); });
    req.once("close", () => { if (!req.complete) end(() => reject(new Refusal(400, "bad_request", "the body ended early"))); });
    req.once("error", () => end(() => reject(new Refusal(400, "bad_request", "the body ended early"))));
  });
}

/** How an answer is packed: a client that names one way means it; a list is what libraries send by themselves, and packing tensors costs more than it saves. */
export function packingOf(req: IncomingMessage): string | null {
  const wish = req.headers["accept-encoding"]?.trim() ?? "";
  return Object.hasOwn(PACKED, wish) ? wish : null;
}

export function pack(bytes: Uint8Array, packing: string): Promise<Buffer> {
  return PACKED[packing]!(bytes, PACK);
}
