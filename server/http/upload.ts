// Owns uploads: bytes stream from the request to artifacts, hashed on the way, at one chunk of memory; then the import. The whole of it is
// one operation, so that it can be followed and cancelled; aborting the request cancels it too. Whatever fails leaves nothing behind.
import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { checkName } from "../commands/check-name.ts";
import type { Actor } from "../commands/deps.ts";
import { holdArtifacts } from "../commands/hold-artifacts.ts";
import { importModel, type ModelFile, newModelId } from "../commands/import-model.ts";
import { type OperationContext, runOperation } from "../commands/run-operation.ts";
import type { DoorDeps, RequestHandler } from "../deps.ts";
import { AppError, type ErrorCode } from "../errors.ts";
import { MAX_DATASET_BYTES } from "../loadgen/method/dataset.ts";
import { MAX_SAMPLE_BYTES } from "../model/model-sample.ts";
import { MAX_MODEL_BYTES, tooLargeForProtobuf } from "../model/onnx-proto.ts";
import { storeArtifact } from "../store/artifacts.ts";
import { type ModelOrigin, toModelRow } from "../store/models.ts";
import { findOperation } from "../store/operations.ts";
import { answerError, answerJson } from "./answer.ts";
import { type ReceivedPart, readParts } from "./read-parts.ts";

/** Files that are uploaded before something names them. Vocabularies, labels and tokenizers are a few megabytes. */
const MAX_FILE_BYTES = { processor: 256 * 1024 * 1024, sample: MAX_SAMPLE_BYTES, dataset: MAX_DATASET_BYTES };
const FILE_KINDS = ["processor", "sample", "dataset"] as const;
const OPERATION_ID = /^opn_[0-9a-z]{20}$/;
const ORIGINS: readonly string[] = ["upload", "bundled", "synthetic"];
/** After an early answer the client is still sending; what it sends is read away for this long, or its connection would break before it has read the answer. */
const DRAIN_MS = 5_000;

export function createUploadHandler(deps: DoorDeps): RequestHandler {
  return async (req, res) => {
    const url = new URL(req.url ?? "/", "http://console");
    const isModel = req.method === "POST" && url.pathname === "/api/v1/models";
    const fileKind = req.method === "PUT" ? FILE_KINDS.find((kind) => url.pathname === `/api/v1/files/${kind}`) : undefined;
    if (!isModel && fileKind === undefined) return false;
    try {
      const actor = await deps.actorOf(req.headers);
      if (actor === null) throw new AppError("unauthorized", "This console demands a credential.", { fix: "Send the header Authorization: Bearer <token>, or log in." });
      if (fileKind === undefined) await receiveModel(deps, req, res, url, actor);
      else await receiveFile(deps, req, res, url, fileKind);
    } catch (error) {
      if (!(error instanceof AppError)) deps.log.error({ err: error }, "an upload failed");
      if (!req.complete) res.setHeader("connection", "close");
      answerError(res, error);
      drain(req);
    }
    return true;
  };
}

type Imported = { row: ReturnType<typeof toModelRow>; existed: boolean };

async function receiveModel(deps: DoorDeps, req: IncomingMessage, res: ServerResponse, url: URL, actor: Actor): Promise<void> {
  const wanted = url.searchParams.get("name");
  const name = wanted === null ? null : checkName(wanted, "model");
  const origin = url.searchParams.get("origin") ?? "upload";
  if (!ORIGINS.includes(origin)) throw new AppError("bad-request", `There is no origin “${origin}”.`, { place: "origin", fix: `Use one of ${ORIGINS.join(", ")}.` });
  checkLength(deps, req);
  const id = newModelId();
  const operationId = await checkOperationId(deps, req);
  const isAsync = /(^|,)\s*respond-async\b/i.test(String(req.headers.prefer ?? ""));
  let received = (): void => {};
  const allReceived = new Promise<void>((resolve) => {
    received = resolve;
  });
  let imported: Imported | null = null;
  let failure: unknown = null;
  const { operation, done } = await runOperation(deps, { kind: "import-model", subjectId: id, actor, ...(operationId === null ? {} : { operationId }) }, async (context) => {
    try {
      imported = await holdArtifacts(deps, async (suspect) => {
        const files = await receiveFiles(deps, req, url, context, suspect);
        received();
        const { model, existed } = await importModel(deps, { id, name: name ?? nameOf(files.main.fileName), origin: origin as ModelOrigin, ...files }, actor, context);
        return { row: toModelRow(model), existed };
      });
      return { modelId: imported.row.id, existed: imported.existed };
    } catch (error) {
      failure = error;
      throw error;
    }
  });
  await (isAsync ? Promise.race([allReceived, done]) : done);
  const result = imported as Imported | null;
  if (failure !== null) throw failure;
  if (result) return answerJson(res, result.existed ? 200 : 201, { model: result.row, existed: result.existed, message: result.existed ? `This file was imported before, as “${result.row.name}”.` : `Imported as “${result.row.name}”.` });
  answerJson(res, 202, { operation: (await findOperation(deps.db, operation.id)) ?? operation });
}

/** The model file and what came with it, as artifacts. */
async function receiveFiles(deps: DoorDeps, req: IncomingMessage, url: URL, context: OperationContext, suspect: (digest: string) => void): Promise<{ main: ModelFile; externalFiles: ModelFile[] }> {
  const total = Number(req.headers["content-length"] ?? 0);
  let before = 0;
  const files: ModelFile[] = [];
  await readParts(req, { fileName: url.searchParams.get("fileName") ?? "model.onnx", signal: context.signal }, async (part: ReceivedPart) => {
    const fileName = checkFileName(part.fileName);
    if (files.some((file) => file.fileName === fileName)) throw new AppError("bad-request", `Two files are called “${fileName}”.`, { place: fileName, fix: "Send each file once." });
    const isNamedModel = fileName.toLowerCase().endsWith(".onnx");
    const isModel = isNamedModel || files.length === 0;
    const left = deps.info.maxUploadBytes - before;
    const maxBytes = isNamedModel ? Math.min(left, MAX_MODEL_BYTES) : left;
    const { digest, bytes, created } = await storeArtifact(deps.db, deps.dataFolder, isModel ? "model" : "external-data", part.stream, {
      maxBytes,
      place: fileName,
      expectedBytes: Math.max(0, total - before),
      signal: context.signal,
      onBytes: (written) => context.progress({ step: "receiving", done: before + written, total: Math.max(total, before + written), unit: "bytes", detail: fileName }),
    }).catch((error: unknown) => {
      throw maxBytes < left && error instanceof AppError && error.code === "too-large" ? pastProtobuf(fileName) : error;
    });
    if (created) suspect(digest);
    if (bytes === 0) throw new AppError("bad-request", `“${fileName}” is empty.`, { place: fileName, fix: "Send the file's bytes." });
    before += bytes;
    files.push({ fileName, digest, bytes });
  });
  return chooseMain(files);
}

function chooseMain(files: ModelFile[]): { main: ModelFile; externalFiles: ModelFile[] } {
  const models = files.filter((file) => file.fileName.toLowerCase().endsWith(".onnx"));
  const main = models.length === 1 ? models[0] : files.length === 1 ? files[0] : undefined;
  if (!main) {
    throw new AppError("bad-request", models.length === 0 ? "No file that ends in .onnx came." : "More than one .onnx file came.", {
      place: "body",
      fix: "Send one model with its external data files, and each model apart.",
    });
  }
  return { main, externalFiles: files.filter((file) => file !== main) };
}

async function receiveFile(deps: DoorDeps, req: IncomingMessage, res: ServerResponse, url: URL, kind: (typeof FILE_KINDS)[number]): Promise<void> {
  const name = checkFileName(url.searchParams.get("name") ?? "");
  const maxBytes = MAX_FILE_BYTES[kind];
  if (Number(req.headers["content-length"] ?? 0) > maxBytes) throw tooLargeFile(name, maxBytes);
  const controller = new AbortController();
  req.on("close", () => {
    if (!req.complete) controller.abort();
  });
  const { digest, bytes } = await storeArtifact(deps.db, deps.dataFolder, kind, req, { maxBytes, place: name, signal: controller.signal }).catch((error: unknown) => {
    throw error instanceof AppError && error.code === "too-large" ? tooLargeFile(name, maxBytes) : error;
  });
  if (bytes === 0) throw new AppError("bad-request", `“${name}” is empty.`, { place: name, fix: "Send the file's bytes." });
  answerJson(res, 201, { name, digest, bytes });
}

/** No setting of the console helps here. */
function tooLargeFile(name: string, maxBytes: number): AppError {
  return new AppError("too-large", `“${name}” has more than ${maxBytes / 1024 / 1024} MiB.`, { place: name, fix: "Send a smaller file." });
}

/** Relative, forward slashes, inside its folder: it becomes a path when the model is read. */
function checkFileName(fileName: string): string {
  const name = path.posix.normalize(fileName.trim());
  const isInside = name !== "." && name !== "" && !name.startsWith("/") && !name.startsWith("../") && name !== ".." && !/[\\\p{Cc}]/u.test(name) && !/^[A-Za-z]:/.test(name);
  if (!isInside || name.length > 255) throw new AppError("bad-request", "A file's name is not usable.", { place: "fileName", fix: "Give a relative name of at most 255 characters, without “..” and backslashes." });
  return name;
}

function nameOf(fileName: string): string {
  return checkName(path.posix.basename(fileName).replace(/\.onnx$/i, "") || "model", "model");
}

/** No setting of the console helps here, and the bytes need not come first where their number is known. */
function pastProtobuf(fileName: string): AppError {
  const { message, fix } = tooLargeForProtobuf();
  return new AppError("too-large", message, { place: fileName, ...(fix === null ? {} : { fix }) });
}

/** What says its size is refused before its first byte. */
function checkLength(deps: DoorDeps, req: IncomingMessage): void {
  const length = Number(req.headers["content-length"] ?? 0);
  const isForm = /^multipart\/form-data/i.test(req.headers["content-type"] ?? "");
  if (!isForm && length > MAX_MODEL_BYTES) throw pastProtobuf("content-length");
  if (length > deps.info.maxUploadBytes) throw new AppError("too-large", `The upload is larger than ${deps.info.maxUploadBytes} bytes.`, { place: "content-length", fix: "Start the console with a higher --max-upload-bytes." });
}

async function checkOperationId(deps: DoorDeps, req: IncomingMessage): Promise<string | null> {
  const id = req.headers["x-operation-id"];
  if (id === undefined) return null;
  if (typeof id !== "string" || !OPERATION_ID.test(id)) throw new AppError("bad-request", "The operation id is not usable.", { place: "x-operation-id", fix: "Send opn_ and 20 characters of 0-9 and a-z." });
  if (await findOperation(deps.db, id)) throw new AppError("conflict" satisfies ErrorCode, "This operation id was used before.", { place: "x-operation-id", fix: "Make a new one for each upload." });
  return id;
}

function drain(req: IncomingMessage): void {
  if (req.complete || req.destroyed) return;
  const timer = setTimeout(() => req.destroy(), DRAIN_MS).unref();
  req.on("close", () => clearTimeout(timer));
  req.on("error", () => {});
  req.resume();
}
