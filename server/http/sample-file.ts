// Owns showing a model's sample: the bytes of the file, its own or the product's, to who may read the model.
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { locateSample } from "../commands/read-sample.ts";
import type { DoorDeps, RequestHandler } from "../deps.ts";
import { AppError } from "../errors.ts";
import { answerError } from "./answer.ts";

const PATH = /^\/api\/v1\/models\/([^/]+)\/sample\/file$/;
/** What a browser may show as it is; anything else (a page with scripts, say) it may only save. */
const SHOWN = ["image/png", "image/jpeg", "audio/wav", "audio/x-wav", "audio/wave", "text/plain", "application/json"];

export function createSampleFileHandler(deps: DoorDeps): RequestHandler {
  return async (req, res) => {
    const match = PATH.exec(new URL(req.url ?? "/", "http://console").pathname);
    if (req.method !== "GET" || !match?.[1]) return false;
    try {
      if ((await deps.actorOf(req.headers)) === null) throw new AppError("unauthorized", "This console demands a credential.", { fix: "Send the header Authorization: Bearer <token>, or log in." });
      const { path, contentType, fileName, bytes, digest } = await locateSample(deps, decodeURIComponent(match[1]));
      const type = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
      const isShown = SHOWN.includes(type);
      res.writeHead(200, {
        "content-type": isShown ? (type.startsWith("text/") ? `${type}; charset=utf-8` : type) : "application/octet-stream",
        "content-disposition": `${isShown ? "inline" : "attachment"}; filename*=UTF-8''${encodeURIComponent(fileName)}`,
        "content-length": bytes, etag: `"${digest}"`, "cache-control": "no-store",
      });
      await pipeline(createReadStream(path), res).catch(() => res.destroy());
    } catch (error) {
      if (!(error instanceof AppError)) deps.log.error({ err: error }, "a sample could not be shown");
      answerError(res, error);
    }
    return true;
  };
}
