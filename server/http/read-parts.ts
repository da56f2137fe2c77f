// Owns how a request's body becomes a sequence of files: raw bytes are one, multipart form data several. Files come one after the other, each
// at the pace at which it is taken.
import type { IncomingMessage } from "node:http";
import { addAbortSignal, PassThrough, type Readable } from "node:stream";
import busboy from "busboy";
import { AppError } from "../errors.ts";

/** A model with its external data: large exports have one data file, odd ones one per tensor. */
export const MAX_FILES = 1024;
const MAX_FIELDS = 32;
const MAX_FIELD_BYTES = 4096;

export type ReceivedPart = { fileName: string; stream: Readable };

/** `fileName` names a raw body. @throws what `take` throws; AppError cancelled when the client goes or `signal` says so; bad-request for a broken form. */
export async function readParts(req: IncomingMessage, options: { fileName: string; signal: AbortSignal }, take: (part: ReceivedPart) => Promise<void>): Promise<void> {
  // Not the request itself: destroying it on a cancel would take the answer's connection with it.
  const body = addAbortSignal(options.signal, new PassThrough());
  const gone = (): void => {
    if (!req.complete) body.destroy(new AppError("cancelled", "The client closed the connection before everything was sent."));
  };
  req.on("close", gone);
  req.on("error", gone);
  req.pipe(body);
  try {
    if (/^multipart\/form-data/i.test(req.headers["content-type"] ?? "")) await readForm(req, body, take);
    else await take({ fileName: options.fileName, stream: body });
  } catch (error) {
    if (options.signal.aborted && !(error instanceof AppError)) throw new AppError("cancelled", "The upload was cancelled.", { cause: error });
    throw error;
  } finally {
    req.unpipe(body);
    body.on("error", () => {});
    body.destroy();
    req.off("close", gone);
  }
}

async function readForm(req: IncomingMessage, body: Readable, take: (part: ReceivedPart) => Promise<void>): Promise<void> {
  const parser = busboyOf(req);
  // One after the other: the form's next file does not begin before this one was read to its end.
  let taking: Promise<void> = Promise.resolve();
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    const fail = (error: unknown): void => {
      reject(error instanceof AppError || (error as Error).name === "AbortError" ? error : new AppError("bad-request", `The form can't be read: ${(error as Error).message}`, { place: "body", fix: "Send multipart/form-data, for example with curl -F." }));
    };
    parser.on("file", (_field, stream, info) => {
      count++;
      stream.on("error", () => {});
      taking = taking.then(() => take({ fileName: info.filename ?? "", stream }));
      taking.catch(reject);
    });
    parser.on("filesLimit", () => fail(new AppError("too-large", `More than ${MAX_FILES} files came.`, { place: "body", fix: "Export the model with one external data file." })));
    parser.on("error", fail);
    body.on("error", fail);
    parser.on("close", () => taking.then(resolve, reject));
    body.pipe(parser);
  });
  if (count === 0) throw new AppError("bad-request", "The form has no file.", { place: "body", fix: "Send the model as a file: curl -F files=@model.onnx." });
}

function busboyOf(req: IncomingMessage): busboy.Busboy {
  try {
    return busboy({ headers: req.headers, preservePath: true, limits: { files: MAX_FILES, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES } });
  } catch (error) {
    throw new AppError("bad-request", `The form can't be read: ${(error as Error).message}`, { place: "content-type", fix: "Let the client make the multipart header, boundary included." });
  }
}
